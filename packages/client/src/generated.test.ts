import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, buildASTSchema, validate } from 'graphql';
import { expect, test } from 'vitest';
import { TARGET, generate, readDocuments, readSchema } from '../scripts/generate.ts';
import * as operations from './operations.generated.ts';

const schema = buildASTSchema(readSchema());

test('the checked-in types are those of the served schema: npm run generate -w @orderplane/client', async () => {
  expect(readFileSync(TARGET, 'utf8')).toBe(await generate());
});

test('the service executes every document', () => {
  expect(validate(schema, readDocuments())).toEqual([]);
});

test('every query, mutation and subscription of the schema has its document', () => {
  const asked = readDocuments().definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections : [],
  );
  const names = new Set(asked.map((field) => (field.kind === Kind.FIELD ? field.name.value : '')));
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const served = roots.flatMap((type) => Object.keys(type?.getFields() ?? {}));
  expect(served.filter((name) => !names.has(name))).toEqual([]);
});

test('every document stays within the limits of the service: 2,000 tokens', () => {
  for (const [name, { text }] of Object.entries(operations))
    expect(text.split(/[^A-Za-z0-9_]+/).length, name).toBeLessThan(1_000);
});

test('runs in browsers too: nothing of Node is imported, and no other package', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !name.includes('.test.'));
  const imports = files.flatMap((name) =>
    [...readFileSync(join(import.meta.dirname, name), 'utf8').matchAll(/^[^*/]*from '([^']+)'/gm)].map(
      (match) => match[1],
    ),
  );
  expect(imports.filter((specifier) => specifier?.startsWith('./') !== true)).toEqual([]);
});
