import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigurationError, DatabaseUrlSchema, SERVICE_ENVIRONMENT, readEnvironment } from './environment.ts';

const schema = z.object({
  ...SERVICE_ENVIRONMENT,
  DATABASE_URL: DatabaseUrlSchema.describe('the address of PostgreSQL'),
  KEY: z.string().min(20),
});

const problemsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    readEnvironment(schema, environment);
  } catch (cause) {
    if (cause instanceof ConfigurationError) return cause.problems;
  }
  return [];
};

test('reads what is there and fills the defaults in', () => {
  const environment = { DATABASE_URL: 'postgresql://a@b:1/c', KEY: 'x'.repeat(20), HEALTH_PORT: '8080', OTHER: '1' };
  expect(readEnvironment(schema, environment)).toEqual({
    DATABASE_URL: 'postgresql://a@b:1/c',
    KEY: 'x'.repeat(20),
    HEALTH_PORT: 8080,
    HEALTH_HOST: '127.0.0.1',
    LOG_LEVEL: 'info',
  });
});

test('names every faulty variable at once, says what to set, and never repeats a value', () => {
  const problems = problemsOf({ DATABASE_URL: 'mysql://secret', HEALTH_PORT: '99999', KEY: '' });
  expect(problems).toHaveLength(3);
  expect(problems.join('\n')).toMatch(/DATABASE_URL is not valid .*: set it to the address of PostgreSQL/);
  expect(problems.join('\n')).toMatch(/HEALTH_PORT is not valid/);
  expect(problems.join('\n')).toMatch(/KEY is missing/);
  expect(problems.join('\n')).not.toMatch(/secret|99999/);
});
