import { gzipSync } from 'node:zlib';
import { REFUSED_OR_ANSWERED, type Case } from './case.ts';
import { PIECES, VALID } from './documents.ts';
import { pick, type Random } from './random.ts';

const GOOD = JSON.stringify({ query: '{ accounts { id } }' });

export const tokens = (random: Random, count: number): readonly Case[] => {
  const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const jwt = (header: unknown): string =>
    `Bearer ${base64(header)}.${base64({ sub: 'ada', exp: 9e9 })}.${'A'.repeat(random() < 0.5 ? 0 : 43)}`;
  const fixed = [
    '',
    ' ',
    'Bearer',
    'Bearer ',
    'bearer',
    'Bearer  ',
    'Basic YTpi',
    'Bearer null',
    'Bearer undefined',
    'Bearer op_',
    'Bearer [object Object]',
    `Bearer op_00000000_${'A'.repeat(42)}`,
    `Bearer op_00000000_${'A'.repeat(43)}`,
    `Bearer op_00000000_${'A'.repeat(44)}`,
    `Bearer OP_00000000_${'A'.repeat(43)}`,
    `Token op_00000000_${'A'.repeat(43)}`,
    `Bearer ${'A'.repeat(9_000)}`,
    `Bearer a, Bearer b`,
    jwt({ alg: 'none' }),
    jwt({ alg: 'None' }),
    jwt({ alg: 'HS256' }),
    jwt({ alg: 'RS256', kid: '../../key' }),
    jwt({ alg: 'RS256', jku: 'http://127.0.0.1/' }),
    jwt({ alg: 'RS256', jwk: { kty: 'oct', k: 'AA' } }),
    jwt({ alg: 'RS256', crit: ['x'] }),
    jwt(null),
    jwt([]),
    jwt('x'),
    'Bearer ..',
    'Bearer a.b',
    'Bearer a.b.c.d',
  ];
  const alphabet = 'abcXYZ019_-.~+/=,; \t"\'\\%éÿ';
  const made = Array.from({ length: count - fixed.length }, () => {
    const length = Math.floor(random() * 80);
    const text = Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
    return pick(random, ['Bearer ', 'bearer ', 'Bearer op_', '']) + text;
  });
  return [...fixed, ...made].map((authorization) => ({
    what: `token ${authorization.slice(0, 100)}`,
    body: GOOD,
    headers: { authorization },
    statuses: [401],
  }));
};

const TYPES = [
  '',
  'application/json; charset=utf-7',
  'application/json; charset=nonsense',
  'application/xml',
  'application/graphql',
  '*/*',
  ';;;',
  'application/json, text/plain',
  'multipart/form-data',
  'text/plain',
];
const ENCODINGS = ['gzip', 'br', 'deflate', 'zstd', 'x', 'identity, gzip', ''];
const ACCEPTED = ['text/html', 'application/xml', '', ';q=', 'multipart/mixed', 'application/json;q=0', '*/*'];
const ORIGINS = ['null', 'https://evil.example', 'x', 'http://127.0.0.1', ' ', 'javascript:1'];
const METHODS = ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'HEAD', 'PROPFIND'];
const PATHS = [
  '/graphql/../etc/passwd',
  '/graphql/%00',
  '/GRAPHQL/x',
  '/metrics',
  '/.env',
  '/graphql/%ff',
  '//graphql',
  '/healthz',
  '/admin',
];
const NAMES = [
  'x-forwarded-for',
  'x-forwarded-host',
  'forwarded',
  'x-http-method-override',
  'apollo-require-preflight',
  'cookie',
  'range',
  'if-none-match',
  'x-apollo-operation-name',
  'te',
  'via',
];
const VALUES = ['', 'x', "' OR 1=1", '127.0.0.1', 'é'.repeat(20), 'bytes=0-1', '*', 'DELETE', 'x'.repeat(4_000)];

const HEADERS: readonly ((random: Random) => Case)[] = [
  (random) => {
    const type = pick(random, TYPES);
    // The charset is checked before the body is read (415); a list of types is none.
    return { what: `content-type ${type}`, body: GOOD, headers: { 'content-type': type }, statuses: [200, 400, 415] };
  },
  (random) => {
    const encoding = pick(random, ENCODINGS);
    const body = random() < 0.5 ? gzipSync('x'.repeat(1_000_000)) : GOOD;
    return {
      what: `encoding ${encoding}`,
      body,
      headers: { 'content-encoding': encoding },
      statuses: [200, 400, 413, 415],
    };
  },
  (random) => {
    const accept = pick(random, ACCEPTED);
    return { what: `accept ${accept}`, body: GOOD, headers: { accept }, statuses: [200, 400, 406] };
  },
  (random) => {
    const origin = pick(random, ORIGINS);
    return { what: `origin ${origin}`, body: GOOD, headers: { origin }, statuses: [403] };
  },
  (random) => {
    const method = pick(random, METHODS);
    return { what: `method ${method}`, method, statuses: [400, 404, 405] };
  },
  (random) => {
    const path = pick(random, PATHS);
    return { what: `path ${path}`, path, body: GOOD, statuses: [200, 400, 404] };
  },
  (random) => {
    const [name, value] = [pick(random, NAMES), pick(random, VALUES)];
    return { what: `${name}: ${value.slice(0, 40)}`, body: GOOD, headers: { [name]: value }, statuses: [200] };
  },
];

export const headers = (random: Random, count: number): readonly Case[] => [
  ...Array.from({ length: count }, () => pick(random, HEADERS)(random)),
  { what: 'headers of 20 KB', body: GOOD, headers: { 'x-much': 'x'.repeat(20_000) }, statuses: [431] },
];

const nest = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

const BODIES: readonly (string | Buffer)[] = [
  '',
  '{',
  '[]',
  '[{}]',
  '{}',
  'null',
  '1',
  '"x"',
  '\u0000',
  '\ufeff{}',
  '{"query":1}',
  '{"query":null}',
  '{"query":[]}',
  '{"query":""}',
  '{"query":{}}',
  '{"query":"{accounts{id}}","variables":"x"}',
  '{"query":"{accounts{id}}","variables":[1]}',
  '{"query":"{accounts{id}}","operationName":1}',
  '{"query":"{accounts{id}}","extensions":[]}',
  '{"query":"{accounts{id}}","extensions":{"persistedQuery":1}}',
  '{"extensions":{"persistedQuery":{"version":9,"sha256Hash":1}}}',
  '{"documentId":"sha256:"}',
  '{"documentId":"../../x"}',
  '{"documentId":"__proto__"}',
  '{"query":"{accounts{id}}","operationName":"Nope"}',
  '{"__proto__":{"query":"x"}}',
  '{"query":"{accounts{id}}","query":"{"}',
  nest('[', ']', 20_000),
  nest('{"a":', '}', 10_000).replace('{"a":}', '{}'),
  Buffer.from([0xff, 0xfe, 0x7b]),
  Buffer.alloc(1_000, 0),
  `{"query":"${'x'.repeat(200_000)}"}`,
  `{"query":"{${' accounts{id}'.repeat(3_000)}}"}`,
  JSON.stringify({ query: `{ a ${'...f '.repeat(500)} } fragment f on Query { ...f }` }),
  JSON.stringify({ query: `{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }` }),
  JSON.stringify({ query: nest('{ order ', '}', 200) }),
  JSON.stringify({ query: `{ accounts { id ${'@include(if: true) '.repeat(100)} } }` }),
  JSON.stringify({ query: `query ($x: String = "${'x'.repeat(100_000)}") { markets(exchange: $x) { symbol } }` }),
];

export const bodies = (random: Random, count: number): readonly Case[] => {
  const made = Array.from({ length: count - BODIES.length }, () => {
    const text = JSON.stringify(pick(random, VALID));
    const cut = Math.floor(random() * text.length);
    return random() < 0.5 ? text.slice(0, cut) : text.slice(0, cut) + pick(random, PIECES) + text.slice(cut);
  });
  return [...BODIES, ...made].map((body) => ({
    what: `body ${String(body).slice(0, 80)}`,
    body,
    statuses: REFUSED_OR_ANSWERED,
  }));
};
