import { REFUSED_OR_ANSWERED, type Case } from './case.ts';
import { pick, type Random } from './random.ts';

const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } userErrors { code message field } } }`;
export const VALID: readonly { readonly query: string; readonly variables: Readonly<Record<string, unknown>> }[] = [
  { query: 'query ($id: ID!) { order(id: $id) { id state legs { venueClientId } } }', variables: { id: 'x' } },
  {
    query:
      'query ($f: OrderFilter, $n: Int, $a: String) { orders(filter: $f, first: $n, after: $a) { totalCount nodes { id } } }',
    variables: { f: { symbols: ['BTC-USDT'] }, n: 10, a: null },
  },
  {
    query: 'query ($id: ID!) { openOrders(accountId: $id, maxAgeSeconds: 30) { fresh orders { id } } }',
    variables: { id: 'acc-ada' },
  },
  {
    query:
      'query ($id: ID!, $a: [String!], $s: Int) { balances(accountId: $id, assets: $a, maxAgeSeconds: $s) { fresh } }',
    variables: { id: 'acc-ada', a: ['BTC'], s: 5 },
  },
  {
    query: 'query ($e: String!, $s: [String!]) { markets(exchange: $e, symbols: $s) { symbol } }',
    variables: { e: 'binance', s: ['BTC-USDT'] },
  },
  {
    query: 'query ($id: ID!, $a: String) { alerts(accountId: $id, after: $a) { nodes { id } } }',
    variables: { id: 'acc-ada', a: null },
  },
  {
    query:
      'query ($a: String, $p: String) { me { user { apiTokens(after: $a) { nodes { id } } } } apiTokens(prefix: $p) { nodes { id } } }',
    variables: { a: null, p: 'op_00000000' },
  },
  {
    query: 'query ($f: AuditFilter, $a: String) { auditLog(filter: $f, after: $a) { nodes { id } } }',
    variables: { f: { action: 'x' }, a: null },
  },
  {
    query: PLACE,
    variables: {
      input: {
        accountId: 'acc-ada',
        clientOrderId: 'c',
        symbol: 'BTC-USDT',
        side: 'BUY',
        type: 'LIMIT',
        size: '1',
        price: '100',
        expiresAt: null,
      },
    },
  },
  {
    query: 'mutation ($id: ID!) { cancelOrder(orderId: $id) { order { id } userErrors { code message field } } }',
    variables: { id: 'x' },
  },
  {
    query:
      'mutation ($i: CreateAlertInput!) { createAlert(input: $i) { alert { id } userErrors { code message field } } }',
    variables: {
      i: { accountId: 'acc-ada', symbol: 'BTC-USDT', trigger: { direction: 'AT_OR_ABOVE', price: '1' }, note: 'n' },
    },
  },
  {
    query:
      'mutation ($i: LinkAccountInput!) { linkAccount(input: $i) { account { id } userErrors { code message field } } }',
    variables: {
      i: {
        exchange: 'kraken',
        label: 'x',
        mode: 'LIVE',
        credentials: { apiKey: 'hunter2-key', secret: 'hunter2-secret' },
      },
    },
  },
  {
    query:
      'mutation ($i: CreateUserInput!) { createUser(input: $i) { user { id } userErrors { code message field } } }',
    variables: { i: { name: 'n', identity: { issuer: 'i', subject: 's' } } },
  },
  {
    query:
      'mutation ($i: CreateApiTokenInput!) { createApiToken(input: $i) { apiToken { id } userErrors { code message field } } }',
    variables: { i: { userId: 'ada', role: 'VIEWER', label: 'l', expiresAt: null } },
  },
];

/** What breaks parsers, databases, prototypes and bounds. */
const WEIRD: readonly unknown[] = [
  null,
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '💥'.repeat(50),
  '\u202e',
  '../../etc/passwd',
  "' OR 1=1 --",
  '"; DROP TABLE orders; --',
  '${7*7}',
  '{{constructor}}',
  '__proto__',
  'constructor',
  '%00',
  'NaN',
  'Infinity',
  '-0',
  '1e400',
  '0x10',
  '1_000',
  '+1',
  '٣',
  '0.1.2',
  `9${'9'.repeat(60)}`,
  `0.${'0'.repeat(60)}1`,
  '-1',
  'x'.repeat(5_000),
  '2026-13-45T99:99:99Z',
  '+275760-09-13T00:00:00.001Z',
  0,
  -1,
  1e308,
  2 ** 53,
  0.1,
  true,
  false,
  [],
  [[]],
  [null],
  {},
  { a: { b: { c: [1] } } },
  { toString: 1 },
  ['acc-ada', 'acc-ada'],
  Buffer.from('2026-01-01|a\u0000b').toString('base64url'),
  Buffer.from('{"acc-ada":"-1"}').toString('base64url'),
  Buffer.from('9999999999999-01-01|x').toString('base64url'),
  '9'.repeat(18),
  'op_00000000',
  'A'.repeat(64),
  'a:b.c-d_e',
];

/** One value somewhere in the variables replaced, added or taken away. */
export function spoil(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random() < 0.15) return pick(random, WEIRD);
  if (Array.isArray(value)) return [...(value as unknown[]), pick(random, WEIRD)];
  const entries = Object.entries(value);
  if (random() < 0.15)
    return Object.fromEntries([...entries, [pick(random, ['__proto__', 'x', 'constructor', '']), 1]]);
  const at = Math.floor(random() * entries.length);
  return Object.fromEntries(
    entries.flatMap(([name, inner], index) =>
      index !== at ? [[name, inner]] : random() < 0.1 ? [] : [[name, spoil(random, inner)]],
    ),
  );
}

export const PIECES = [
  '{',
  '}',
  '(',
  ')',
  '$',
  '@',
  '...',
  '!',
  '"',
  '"""',
  '\\u',
  '#',
  '&',
  '|',
  ':',
  '=',
  ',',
  '\u0000',
  '\ufeff',
  '💥',
  ' on ',
  ' fragment ',
  ' query ',
  ' @skip(if: true) ',
  ' ...f ',
  '__typename',
  '__schema { types { name } }',
  '-1',
  '1e9999999999',
  '0x',
  '\r',
  'null',
  '[[[[',
  'a: ',
  ' subscription ',
];

/** A document with some characters cut, doubled or replaced. */
export function spoilText(random: Random, text: string): string {
  let spoilt = text;
  for (let n = 1 + Math.floor(random() * 4); n > 0; n -= 1) {
    const at = Math.floor(random() * (spoilt.length + 1));
    const cut = Math.floor(random() * 6);
    spoilt =
      spoilt.slice(0, at) +
      (random() < 0.6 ? pick(random, PIECES) : '') +
      spoilt.slice(at + (random() < 0.5 ? cut : 0));
    if (random() < 0.1) spoilt += spoilt;
  }
  return spoilt;
}

export const documents = (random: Random, count: number): readonly Case[] =>
  Array.from({ length: count }, () => {
    const { query, variables } = pick(random, VALID);
    const spoilt = spoilText(random, query);
    return {
      what: `document ${spoilt}`,
      body: JSON.stringify({ query: spoilt, variables }),
      statuses: REFUSED_OR_ANSWERED,
    };
  });

export const variables = (random: Random, count: number): readonly Case[] =>
  Array.from({ length: count }, () => {
    const { query, variables: good } = pick(random, VALID);
    const spoilt = spoil(random, good);
    return {
      what: `variables ${JSON.stringify(spoilt)}`,
      body: JSON.stringify({ query, variables: spoilt }),
      statuses: REFUSED_OR_ANSWERED,
    };
  });
