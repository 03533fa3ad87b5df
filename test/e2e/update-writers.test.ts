import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readJournal } from '../chaos/journal.ts';
import { subscribe } from '../chaos/subscribers.ts';
import { missingEnds } from '../chaos/telling.ts';
import { eventually } from '../support/client.ts';
import { inTurn, openGateways } from '../support/gateways.ts';
import type { Gateways } from '../support/gateways.ts';
import { randomFrom } from '../support/random.ts';
import { writeOrder } from '../support/store-writers.ts';
import { flawsOf } from '../support/told.ts';

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
