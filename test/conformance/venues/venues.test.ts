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
 * A few cards of each section, at every exchange: those that take no proof of absence and need no exchange for
 * themselves. All of them take minutes: `npm run conformance:venues`.
 */
const CHOSEN = new Set([
  ...['OP-01', 'OP-03', 'OP-04', 'OP-07', 'OP-08', 'OP-10', 'OP-14', 'OP-15', 'OP-18', 'OP-21'],
  ...['OP-24', 'OP-26', 'OP-27', 'OP-32', 'OP-34', 'OP-35', 'OP-39', 'OP-44', 'OP-47', 'OP-56'],
  ...['OP-68', 'OP-69', 'OP-70', 'OP-75', 'OP-76', 'OP-78', 'OP-82', 'OP-89', 'OP-90', 'OP-91'],
]);
const QUICK = CARDS.filter(({ id }) => CHOSEN.has(id));
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
