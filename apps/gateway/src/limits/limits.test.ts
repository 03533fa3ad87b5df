import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { World } from '../testing/world.ts';
import { LIMITS } from './limits.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world[Symbol.asyncDispose]());

const nested = (name: string, times: number): string => `${`${name} { `.repeat(times)}name${' }'.repeat(times)}`;
const page = (events: string): string => `orders(first: 200) { nodes { id ${events} } }`;

const REFUSED: readonly (readonly [string, string, Record<string, unknown>, string])[] = [
  ['a type that nests for ever', `{ __schema { types { ${nested('ofType', 40)} } } }`, {}, 'DOCUMENT_TOO_DEEP'],
  ['a deep document of fields that do not exist', `{ ${nested('order', 30)} }`, {}, 'DOCUMENT_TOO_DEEP'],
  ['depth hidden in a fragment', `{ ...f } fragment f on Query { ${nested('order', 30)} }`, {}, 'DOCUMENT_TOO_DEEP'],
  [
    'many aliases',
    `{ ${Array.from({ length: LIMITS.aliases + 1 }, (_, n) => `a${n}: accounts { id }`).join(' ')} }`,
    {},
    'DOCUMENT_TOO_COSTLY',
  ],
  [
    'many directives',
    `{ accounts { id ${'@skip(if: false) '.repeat(LIMITS.directives + 1)} } }`,
    {},
    'DOCUMENT_TOO_COSTLY',
  ],
  ['large pages in large pages', `{ ${page('events(first: 200) { nodes { at } }')} }`, {}, 'DOCUMENT_TOO_COSTLY'],
  [
    'page sizes as variables',
    `query ($n: Int!) { ${page('events(first: $n) { nodes { at } }')} }`,
    { n: 200 },
    'DOCUMENT_TOO_COSTLY',
  ],
  [
    'page sizes as defaults of variables',
    `query ($n: Int = 200) { ${page('events(first: $n) { nodes { at } }')} }`,
    {},
    'DOCUMENT_TOO_COSTLY',
  ],
  [
    'cost hidden in a fragment',
    `{ orders(first: 200) { nodes { ...f } } } fragment f on Order { events(first: 200) { nodes { at } } }`,
    {},
    'DOCUMENT_TOO_COSTLY',
  ],
  [
    'more tokens than a document may have',
    `{ ${'accounts { id } '.repeat(LIMITS.tokens / 4)} accounts { id } }`,
    {},
    'DOCUMENT_TOO_COSTLY',
  ],
];

test.each(REFUSED)('%s: refused over HTTP', async (_, query, variables, code) => {
  const answer = await world.query(query, variables);
  expect(answer.errors?.[0]?.extensions['code']).toBe(code);
  expect(answer.errors?.[0]?.extensions['http']).toBeUndefined();
  expect(answer.status).toBe(400);
  expect(answer.data ?? null).toBeNull();
});

test.each(REFUSED)('%s: refused over WebSocket', async (_, query, variables, code) => {
  const client = world.client();
  const errors = await new Promise<unknown>((resolve) => {
    client.subscribe({ query, variables }, { next: resolve, error: resolve, complete: () => resolve('completed') });
  });
  expect((errors as { extensions: { code: string } }[])[0]?.extensions.code).toBe(code);
});

test('what people ask for passes', async () => {
  const introspection = await world.query(getIntrospectionQuery({ descriptions: true, specifiedByUrl: true }));
  expect(introspection.errors).toBeUndefined();
  const deepest = '{ orders(first: 20) { edges { node { fills(first: 50) { nodes { fee { cost } } } } } } }';
  expect((await world.query(deepest)).errors).toBeUndefined();
  expect((await world.query(`{ ${page('events { nodes { at } }')} }`)).errors).toBeUndefined();
});

test('a body too large, a body that is not JSON, a document that is not GraphQL', async () => {
  const authorization = `Bearer ${world.tokens['ada-trader']}`;
  const large = await world.post(JSON.stringify({ query: `# ${'x'.repeat(LIMITS.bodyBytes)}` }), { authorization });
  expect([large.status, large.errors?.[0]?.extensions['code']]).toEqual([413, 'REQUEST_TOO_LARGE']);
  const broken = await world.post('{', { authorization });
  expect([broken.status, broken.errors?.[0]?.extensions['code']]).toEqual([400, 'BAD_REQUEST']);
  const unreadable = await world.query('{ accounts { ');
  expect([unreadable.status, unreadable.errors?.[0]?.extensions['code']]).toEqual([400, 'GRAPHQL_PARSE_FAILED']);
  const unknown = await world.query('{ nothing }');
  expect([unknown.status, unknown.errors?.[0]?.extensions['code']]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
});

test('a simple request from a web page of somebody else is refused', async () => {
  const answer = await world.post(JSON.stringify({ query: '{ accounts { id } }' }), {
    authorization: `Bearer ${world.tokens['ada-trader']}`,
    'content-type': 'text/plain',
  });
  expect(answer.status).toBe(400);
  expect(answer.data).toBeUndefined();
});

test('an unexpected failure tells nothing about itself', async () => {
  const reconcilerMetrics = world.store.queries.reconcilerMetrics.bind(world.store.queries);
  world.store.queries.reconcilerMetrics = () => Promise.reject(new Error('password=hunter2 at postgres://u:p@h'));
  const answer = await world.query('{ reconciler { running } }');
  world.store.queries.reconcilerMetrics = reconcilerMetrics;
  expect(JSON.stringify(answer)).not.toContain('hunter2');
  expect(answer.errors?.[0]).toMatchObject({
    message: 'internal error',
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  });
});
