import { request as httpRequest } from 'node:http';
import type { Role } from '@orderplane/domain';
import { createPostgresStore } from '@orderplane/store';
import { startTestDatabase } from '@orderplane/store/testing';
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import {
  bodies,
  documents,
  everyText,
  headers,
  messages,
  seeded,
  tokens,
  variables,
  type Case,
} from './testing/fuzz/index.ts';
import { World } from './testing/world.ts';
import { PERMISSIONS } from './access/permissions.ts';

const SEED = 20_261_121;
const BACKENDS = [
  { name: 'memory', open: async () => ({ store: null, close: () => Promise.resolve() }) },
  {
    name: 'postgres',
    open: async () => {
      const database = await startTestDatabase();
      const store = createPostgresStore({ url: database.url, poolSize: 10 });
      const close = async (): Promise<void> => {
        await store.close();
        await database.stop();
      };
      return { store, close };
    },
  },
] as const;

interface Reply {
  readonly status: number;
  readonly text: string;
}

/** Over Node's own client: it sends what fetch would refuse to. A connection that is cut counts as no answer: 0. */
const send = (url: URL, { method = 'POST', path, body, headers: given }: Case, authorization: string): Promise<Reply> =>
  new Promise((resolve) => {
    const own: Record<string, string> = { 'content-type': 'application/json', authorization };
    const request = httpRequest(
      {
        host: url.hostname,
        port: url.port,
        method,
        path: path ?? url.pathname,
        headers: { ...own, ...given },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    request.on('error', () => resolve({ status: 0, text: '' }));
    request.end(body);
  });

describe.each(BACKENDS)('nonsense ($name)', ({ open }) => {
  let world: World;
  let close: () => Promise<void>;
  let bobsOrder: string;
  let logged: { readonly mock: { readonly calls: readonly unknown[] } };
  beforeAll(async () => {
    const backend = await open();
    close = backend.close;
    world = await World.start({}, backend.store);
    logged = vi.spyOn(world.ports.log, 'error');
    bobsOrder = await world.orders.place('bob', 'acc-bob');
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await close();
  });

  /** Whatever was asked: nothing from inside, nothing of others, no secret that was sent along. */
  function tellsNothing(text: string): void {
    expect(text).not.toMatch(/\bat \S+ \(|node:internal|node_modules|\.ts:\d|\.js:\d/);
    expect(text).not.toMatch(
      /\b(SELECT|INSERT|UPDATE|DELETE) [\w"*]|prisma|postgres|SQLSTATE|ECONNREFUSED|syntax error at or near/i,
    );
    expect(text).not.toContain('INTERNAL_SERVER_ERROR');
    for (const secret of [...Object.values(world.tokens), 'sealed', 'hunter2', bobsOrder, 'acc-bob'])
      expect(text).not.toContain(secret);
  }

  async function survives(cases: readonly Case[], as = 'ada-trader'): Promise<void> {
    const url = new URL(world.gateway.http);
    for (let at = 0; at < cases.length; at += 20)
      await Promise.all(
        cases.slice(at, at + 20).map(async (one) => {
          const { status, text } = await send(url, one, `Bearer ${world.tokens[as] ?? ''}`);
          expect(one.statuses, `${one.what}: ${text.slice(0, 300)}`).toContain(status);
          tellsNothing(text);
          if (status !== 431 && text !== '' && one.method !== 'HEAD')
            expect(() => JSON.parse(text) as unknown).not.toThrow();
        }),
      );
    expect(logged.mock.calls).toEqual([]);
    expect((await world.query('{ accounts { id } }')).data).toEqual({ accounts: [{ id: 'acc-ada' }] });
  }

  test('200 documents', () => survives(documents(seeded(SEED), 200)));
  test('200 sets of variables of a trader', () => survives(variables(seeded(SEED + 1), 200)));
  test('100 sets of variables of an admin', () => survives(variables(seeded(SEED + 2), 100), 'root-admin'));
  test.each([
    ['a trader', 'ada-trader', false],
    ['an admin', 'root-admin', true],
  ] as const)('every text argument of every field of %s', async (_, as, isAdmin) => {
    const { data } = await world.query(getIntrospectionQuery({ descriptions: false }));
    const schema = buildClientSchema(data as unknown as IntrospectionQuery);
    const rules: Readonly<Record<'Query' | 'Mutation', Readonly<Record<string, Role>>>> = PERMISSIONS;
    await survives(
      everyText(schema, (root, field) => (rules[root][field] === 'admin') === isAdmin),
      as,
    );
  });
  test('100 tokens', () => survives(tokens(seeded(SEED + 3), 100)));
  test('120 headers, methods and paths', () => survives(headers(seeded(SEED + 4), 120)));
  test('100 bodies', () => survives(bodies(seeded(SEED + 5), 100)));

  test('80 WebSocket messages: refused or closed by the protocol, and the next client is served', async () => {
    /** 1009: too large. 44xx: of graphql-ws. */
    const ENDS = [1009, 4400, 4401, 4409, 4429];
    for (const message of messages(seeded(SEED + 6), 80)) {
      const socket = new WebSocket(world.gateway.ws, 'graphql-transport-ws');
      const said: string[] = [];
      const end = new Promise<number>((resolve) => {
        socket.on('close', (code) => resolve(code));
        socket.on('message', (data: Buffer) => {
          const text = data.toString('utf8');
          said.push(text);
          const { type } = JSON.parse(text) as { type: string };
          if (type === 'connection_ack') {
            socket.send(message);
            // A message that needs no answer is followed by one that does.
            socket.send(JSON.stringify({ type: 'ping' }));
          } else socket.close(1000);
        });
      });
      socket.on('open', () => {
        const payload = { authorization: `Bearer ${world.tokens['ada-trader'] ?? ''}` };
        socket.send(JSON.stringify({ type: 'connection_init', payload }));
      });
      expect([...ENDS, 1000, 1005], String(message).slice(0, 200)).toContain(await end);
      tellsNothing(said.join('\n'));
    }
    expect(logged.mock.calls).toEqual([]);
    const answers = [];
    for await (const answer of world.client().iterate({ query: '{ accounts { id } }' })) answers.push(answer);
    expect(answers).toEqual([{ data: { accounts: [{ id: 'acc-ada' }] } }]);
  });
});
