import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXCHANGE_IDS } from '@orderplane/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { System } from '../../support/system.ts';
import { CARDS } from './cards.ts';
import { lineOf } from './command.ts';
import { hasProfile } from './profile.ts';
import { runCards } from './runner.ts';
import { openCardSystem } from './system.ts';

/**
 * The cards that take no proof of absence and need no exchange for themselves, at every exchange. All of them:
 * `npm run conformance:venues`.
 */
const SLOW = new Set([
  ...['OP-11', 'OP-17', 'OP-20', 'OP-33', 'OP-42', 'OP-48', 'OP-49', 'OP-50', 'OP-51', 'OP-52', 'OP-53'],
  ...['OP-77', 'OP-79', 'OP-80', 'OP-81', 'OP-83', 'OP-84', 'OP-95'],
]);
const QUICK = CARDS.filter((card) => card.alone === undefined && !SLOW.has(card.id));
const EXCHANGES = EXCHANGE_IDS.filter(hasProfile);

let system: System;
beforeAll(async () => {
  system = await openCardSystem();
});
afterAll(() => system?.stop());

test('every exchange has its list', () => {
  expect(EXCHANGES).toEqual([...EXCHANGE_IDS]);
});

test('no card fails', { timeout: 400_000 }, async () => {
  const outcomes = await runCards(system, {
    exchanges: EXCHANGES,
    cards: QUICK,
    perExchange: 5,
    inAll: 12,
    evidence: mkdtempSync(join(tmpdir(), 'orderplane-cards-')),
    onOutcome: () => undefined,
  });
  expect(outcomes.filter(({ result }) => result === 'FAIL').map(lineOf)).toEqual([]);
  expect(outcomes).toHaveLength(QUICK.length * EXCHANGES.length);
});
