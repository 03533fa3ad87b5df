import { EXCHANGE_IDS } from '@orderplane/domain';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import type { ExchangeCapabilities } from '@orderplane/exchange/capabilities';
import { expect, test } from 'vitest';
import { isAbsent } from './card.ts';
import { CARDS } from './cards.ts';
import { main } from './command.ts';
import { ANSWERS, hasProfile, profileOf } from './profile.ts';

const EXCHANGES = EXCHANGE_IDS.filter(hasProfile);

test('there are 97 cards, in order, each with its words', () => {
  expect(CARDS.map(({ id }) => id)).toEqual(
    Array.from({ length: 97 }, (_, at) => `OP-${String(at + 1).padStart(2, '0')}`),
  );
  for (const { id, title, situation, required } of CARDS)
    expect(
      [title, situation, required].every((text) => text.length >= 4),
      id,
    ).toBe(true);
});

/** Cards that ask for something an exchange may lack; all others apply to every exchange. */
const CANDIDATES: Readonly<Record<string, ((capabilities: ExchangeCapabilities) => boolean) | null>> = {
  'OP-04': ({ orderTypes }) => orderTypes.includes('STOP_LIMIT'),
  'OP-06': ({ postOnly }) => postOnly,
  'OP-07': ({ postOnly }) => postOnly,
  'OP-12': ({ marketByQuoteSize }) => marketByQuoteSize.BUY,
  'OP-13': ({ reduceOnly }) => reduceOnly,
  'OP-38': ({ amend }) => amend !== 'none',
  'OP-39': ({ amend }) => amend !== 'none',
  'OP-41': ({ amend }) => amend !== 'none',
  'OP-42': ({ amend }) => amend !== 'none',
  'OP-46': ({ amend }) => amend !== 'none',
  'OP-44': ({ amend }) => amend === 'none',
  'OP-45': ({ amend }) => amend === 'none',
  // A timer; a connection that ends is another thing, and tested end to end.
  'OP-94': ({ deadMansSwitch }) => deadMansSwitch !== null && deadMansSwitch.bound === undefined,
  // The capability table does not know these: the exchange's list alone does.
  'OP-20': null,
  'OP-22': null,
  'OP-23': null,
  'OP-43': null,
  'OP-64': null,
  'OP-74': null,
  'OP-88': null,
};

test.each(EXCHANGES)('%s: the list of what does not apply agrees with the capability table', (exchange) => {
  const { notApplicable, answers } = profileOf(exchange);
  expect(Object.keys(notApplicable).filter((id) => !(id in CANDIDATES))).toEqual([]);
  for (const [id, applies] of Object.entries(CANDIDATES))
    if (applies !== null) expect(id in notApplicable, id).toBe(!applies(capabilitiesOf(exchange)));
  expect(Object.keys(answers).sort()).toEqual([...ANSWERS].sort());
});

test('what is not served is named as a thing', () => {
  for (const card of CARDS) if (isAbsent(card)) expect(card.absent, card.id).toMatch(/^[a-z]/);
});

test.each([['--exchange', 'nowhere'], ['--card', 'OP-98'], ['--nonsense']])('%s %s is refused', async (...args) => {
  const told: string[] = [];
  const status = await main(args, { out: () => undefined, error: (text) => told.push(text) });
  expect([status, told.join('').includes('usage:')]).toEqual([2, true]);
});
