import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { readJournal } from '../chaos/journal.ts';
import { subscribe } from '../chaos/subscribers.ts';
import { missingEnds } from '../chaos/telling.ts';
import { eventually, request } from '../support/client.ts';
import type { Endpoint } from '../support/client.ts';
import { inTurn, openGateways } from '../support/gateways.ts';
import type { Gateways } from '../support/gateways.ts';
import { randomFrom } from '../support/random.ts';
import { writeOrder } from '../support/store-writers.ts';
import { flawsOf } from '../support/told.ts';
import { watch } from '../support/watch.ts';

/** Fifty writers as fast as the store takes it, transactions that are rolled back among them, and no gateway that lives long. */
const WRITERS = 50;
const KILLS = 8;
const GATEWAYS = ['gateway', 'gateway-2'] as const;

let gateways: Gateways;
beforeAll(async () => {
  gateways = await openGateways(GATEWAYS.length, 2);
});
afterAll(() => gateways?.stop());

test(
  'fifty writers at the store, gateways killed in mid-stream: nothing skipped, nothing repeated, in order',
  { timeout: 240_000 },
  async () => {
    const { stack, token, accountIds } = gateways;
    const [one = ''] = accountIds;
    const clients = [
      { name: 'of both accounts', accountIds, patienceMs: null, resumes: true },
      { name: 'of both accounts, at the other gateway', accountIds, patienceMs: null, resumes: true },
      { name: 'of one account', accountIds: [one], patienceMs: null, resumes: true },
      { name: 'that comes and goes', accountIds, patienceMs: 700, resumes: true },
      { name: 'that forgets its cursor', accountIds, patienceMs: 1_500, resumes: false },
    ].map((habits, index) => subscribe(inTurn(stack, token, index), habits, randomFrom(index)));
    await eventually(
      () => Promise.resolve(clients.map((client) => client.reached())),
      (reached) => reached.every((positions) => positions !== null),
      'every client has its snapshot',
    );

    let kills = 0;
    const write = async (writer: number): Promise<number> => {
      const accountId = accountIds[writer % accountIds.length] ?? '';
      let written = 0;
      for (; kills < KILLS; written += 1) await writeOrder({ ...gateways, accountId }, randomUUID());
      return written;
    };
    const heard = (): number => clients[0]?.story.chapters.flatMap(({ updates }) => updates).length ?? 0;
    const goesOn = (what: string): Promise<unknown> => {
      const before = heard();
      return eventually(
        () => Promise.resolve(heard()),
        (now) => now > before + 50,
        what,
        60_000,
      );
    };
    const kill = async (): Promise<void> => {
      for (; kills < KILLS; kills += 1) {
        const name = GATEWAYS[kills % GATEWAYS.length] ?? 'gateway';
        await goesOn('updates flow');
        await stack.kill(name, { stayDown: true });
        await goesOn('updates flow without it');
        await stack.up(name);
      }
    };
    await Promise.all([kill(), ...Array.from({ length: WRITERS }, (_, writer) => write(writer))]);

    const journal = await readJournal(stack.info.postgres);
    await eventually(
      () => Promise.resolve(clients.flatMap(({ story }) => missingEnds(story, journal))),
      (missing) => missing.length === 0,
      'every client has heard all',
      60_000,
    );
    await Promise.all(clients.map((client) => client.stop()));
    expect(clients.flatMap(({ story }) => flawsOf(story, !story.name.includes('forgets'), journal))).toEqual([]);
    for (const { story } of clients) expect(story.chapters.length, story.name).toBeGreaterThan(KILLS / 2);
  },
);

const AlertSchema = z.object({ alertUpdates: z.object({ id: z.string(), status: z.string(), cursor: z.string() }) });
type AlertUpdate = z.infer<typeof AlertSchema>['alertUpdates'];

/** Follows alerts from a cursor on until told to stop; a connection that ends is followed by one to the other gateway. */
function followAlerts(endpoint: Endpoint, accountIds: readonly string[], beginning: string) {
  const told: AlertUpdate[] = [];
  const stopping = new AbortController();
  let connections = 0;
  let current: readonly AlertUpdate[] = [];
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      connections += 1;
      const query = `subscription ($accountIds: [ID!]!, $after: Cursor) {
        alertUpdates(accountIds: $accountIds, after: $after) { id status cursor } }`;
      const variables = { accountIds, after: told.at(-1)?.cursor ?? beginning };
      const connection = watch(endpoint, { query, variables }, (data) => AlertSchema.parse(data).alertUpdates);
      current = connection.items;
      while (connection.end === null && !stopping.signal.aborted)
        await new Promise((resolve) => setTimeout(resolve, 20));
      told.push(...connection.items);
      current = [];
      await connection.close().catch(() => undefined);
    }
  };
  const running = run();
  const stop = async (): Promise<readonly AlertUpdate[]> => {
    stopping.abort();
    await running;
    return told;
  };
  return { stop, connections: () => connections, heard: () => told.length + current.length };
}

test(
  'alerts that are armed and cancelled while gateways are killed: told once, in order',
  { timeout: 240_000 },
  async () => {
    const { stack, store, token, userId, accountIds } = gateways;
    const [accountId = ''] = accountIds;
    const endpoint = inTurn(stack, token, 0);
    const { alerts } = await request<{ alerts: { cursor: string } }>(
      endpoint,
      'query ($accountId: ID!) { alerts(accountId: $accountId) { cursor } }',
      { accountId },
    );
    const clients = [0, 1].map((first) => followAlerts(inTurn(stack, token, first), [accountId], alerts.cursor));
    let kills = 0;
    const write = async (): Promise<void> => {
      while (kills < GATEWAYS.length) {
        const at = new Date().toISOString();
        const id = randomUUID();
        const trigger = { symbol: 'BTC-USDT', source: 'LAST', direction: 'AT_OR_ABOVE', price: '1' } as const;
        const alert = { id, userId, accountId, exchange: 'binance', symbol: 'BTC-USDT', trigger, note: null } as const;
        await store.alerts.create({ ...alert, createdAt: at }, 1_000);
        await store.alerts.cancel(userId, id, at);
      }
    };
    const kill = async (): Promise<void> => {
      for (const name of GATEWAYS) {
        const before = clients.map(({ connections }) => connections());
        await stack.kill(name, { stayDown: true });
        await eventually(
          () => Promise.resolve(clients.map(({ connections }) => connections())),
          (now) => now.some((count, index) => count > (before[index] ?? 0)),
          'a client goes on at the other gateway',
        );
        await stack.up(name);
        kills += 1;
      }
    };
    await Promise.all([kill(), ...Array.from({ length: 10 }, write)]);
    const changes = (await store.alerts.changes(accountId, 0n, 10_000)).map(
      ({ alert }) => `${alert.id} ${alert.status}`,
    );
    await eventually(
      () => Promise.resolve(clients.map(({ heard }) => heard())),
      (heard) => heard.every((count) => count >= changes.length),
      'every client has heard all',
    );
    for (const client of clients) {
      const told = (await client.stop()).map(({ id, status }) => `${id} ${status}`);
      expect(told).toEqual(changes);
    }
  },
);
