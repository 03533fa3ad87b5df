import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, isObjectType, lexicographicSortSchema, printSchema } from 'graphql';
import { expect, test } from 'vitest';
import { generate, TARGET } from '../../scripts/generate.ts';
import { buildGatewaySchema } from './build.ts';
import { loadTypeDefinitions } from './load.ts';

const contract = (): string => readFileSync(join(import.meta.dirname, '../../contract.graphql'), 'utf8');

test('the served schema is exactly the promised part of the public contract', () => {
  const canonical = (sdl: string): string => printSchema(lexicographicSortSchema(buildSchema(sdl)));
  expect(canonical(loadTypeDefinitions())).toBe(canonical(contract()));
});

test('the checked-in resolver types are those of the SDL', async () => {
  expect(readFileSync(TARGET, 'utf8')).toBe(await generate());
});

test('every field of the root types has a resolver', () => {
  const schema = buildGatewaySchema();
  for (const type of [schema.getQueryType(), schema.getMutationType()])
    for (const field of Object.values(isObjectType(type) ? type.getFields() : {}))
      expect(field.resolve, field.name).toBeTypeOf('function');
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {}))
    expect(field.subscribe, field.name).toBeTypeOf('function');
});
