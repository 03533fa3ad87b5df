import { afterAll, beforeAll, expect, test } from 'vitest';
import { readJournal } from '../chaos/journal.ts';
import { subscribe } from '../chaos/subscribers.ts';
import type { Subscriber } from '../chaos/subscribers.ts';
import { missingEnds } from '../chaos/telling.ts';
import { booksAgree } from '../support/books.ts';
import { eventually } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk } from '../support/desk.ts';
import { inTurn } from '../support/gateways.ts';
import { insistCancel, insistPlace } from '../support/insist.ts';
import { randomFrom } from '../support/random.ts';
import { EXCHANGES, openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';
import { flawsOf } from '../support/told.ts';

/** Two gateways are killed in turns, in mid-stream, while fifty writers write and clients go on at the other one. */
const WRITERS = 50;
/** Orders of each writer; at least so many, and on until the gateways have been killed often enough. */
const ORDERS_EACH = 2;
const KILLS = 6;
const GATEWAYS = ['gateway', 'gateway-2'] as const;

let system: System;
let desks: readonly Desk[];
beforeAll(async () => {
  system = await openSystem({ instances: { gateway: GATEWAYS.length }, env: { COMMAND_TIMEOUT_MS: '15000' } });
  desks = await Promise.all(EXCHANGES.map((exchange) => openDesk(system, exchange)));
});
afterAll(() => system?.stop());

function subscribers(): readonly Subscriber[] {
  const accountIds = desks.map(({ accountId }) => accountId);
  const habits = [
    { name: 'of all accounts', accountIds, patienceMs: null, resumes: true },
    { name: 'of all accounts, at the other gateway', accountIds, patienceMs: null, resumes: true },
    { name: 'that comes and goes', accountIds, patienceMs: 1_000, resumes: true },
    { name: 'that forgets its cursor', accountIds, patienceMs: 3_000, resumes: false },
    ...accountIds.map((id) => ({ name: `of ${id}`, accountIds: [id], patienceMs: null, resumes: true })),
  ];
  return habits.map((one, index) =>
    subscribe(inTurn(system.stack, system.trader.token, index), one, randomFrom(index)),
  );
}

/** Places and cancels, through whichever gateway answers. */
async function write(writer: number, isEnough: () => boolean): Promise<number> {
  const desk = desks[writer % desks.length];
  if (desk === undefined) throw new Error('no desk');
  const endpoint = inTurn(system.stack, system.trader.token, writer);
  const market = desk.market('BTC');
  let placed = 0;
  for (; placed < ORDERS_EACH || !isEnough(); placed += 1) {
    const { order } = await insistPlace(endpoint, {
      accountId: desk.accountId,
      clientOrderId: `w${writer}-${placed}`,
      symbol: market.symbol,
      side: 'BUY',
      type: 'LIMIT',
      size: market.size,
      price: market.at('0.9'),
    });
    if (placed % 2 === 0) await insistCancel(endpoint, order.id);
  }
  return placed;
}

test(
  'fifty writers, gateways killed in mid-stream: nothing skipped, nothing repeated, in order',
  { timeout: 300_000 },
  async () => {
    const clients = subscribers();
    await eventually(
      () => Promise.resolve(clients.map((client) => client.reached())),
      (reached) => reached.every((one) => one !== null),
      'every client has its snapshot',
    );
    const heard = (): number => clients[0]?.story.chapters.flatMap(({ updates }) => updates).length ?? 0;
    let kills = 0;
    const writing = Promise.all(Array.from({ length: WRITERS }, (_, n) => write(n, () => kills >= KILLS)));
    const killing = (async () => {
      for (; kills < KILLS; kills += 1) {
        const name = GATEWAYS[kills % GATEWAYS.length] ?? 'gateway';
        const before = heard();
        await eventually(
          () => Promise.resolve(heard()),
          (now) => now > before + 20,
          'updates flow',
          60_000,
        );
        await system.stack.kill(name, { stayDown: true });
        const atKill = heard();
        await eventually(
          () => Promise.resolve(heard()),
          (now) => now > atKill + 20,
          'updates flow on without it',
          60_000,
        );
        await system.stack.up(name);
      }
    })();
    const [counts] = await Promise.all([writing, killing]);
    expect(counts).toHaveLength(WRITERS);
    await booksAgree(system, 90_000);

    const journal = await readJournal(system.stack.info.postgres);
    await eventually(
      () =>
        Promise.resolve(clients.flatMap(({ story }) => missingEnds(story, journal).map((id) => `${story.name} ${id}`))),
      (missing) => missing.length === 0,
      'every client has heard all',
    );
    await Promise.all(clients.map((client) => client.stop()));
    const flaws = clients.flatMap(({ story }) => flawsOf(story, !story.name.includes('forgets'), journal));
    expect(flaws).toEqual([]);
    for (const { story } of clients) expect(story.chapters.length, story.name).toBeGreaterThan(KILLS / 2);
  },
);
