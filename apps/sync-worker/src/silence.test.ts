import type { NormalizedFill, OrderReport } from '@orderplane/normalization';
import { ModelVenue, reportOf } from '@orderplane/planner/testing';
import { limitSpec } from '@orderplane/recorder/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Heard, untold, type Proof } from './silence.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const proof = (terms: Partial<Proof> = {}): Proof => ({
  venueOrderId: 'v1',
  venueClientId: 'c1',
  tradeId: null,
  filled: '0',
  at: at(10),
  ...terms,
});
const venue = new ModelVenue();
const order = venue.place('c1', limitSpec, at(1));
const first = venue.fill(order, '0.4', at(2));
const filled = reportOf(order, 'stream', at(2));
const heardOf = (...reports: OrderReport[]): Heard => {
  const heard = new Heard();
  heard.add(reports);
  return heard;
};
const onlyFill = (fill: NormalizedFill | null, terms: Partial<NormalizedFill> = {}): OrderReport => ({
  ...filled,
  order: null,
  fills: fill === null ? [] : [{ ...fill, ...terms }],
});

describe('what a stream has told', () => {
  const trade = proof({ tradeId: 't1', filled: '0.4' });
  // prettier-ignore
  test.each<readonly [string, Heard, Proof, boolean]>([
    ['nothing, of an acknowledgement',            heardOf(),                                        proof(),                               false],
    ['another order',                             heardOf(filled),                                  proof({ venueOrderId: 'v2', venueClientId: 'c2' }), false],
    ['the order, by the id of the exchange',      heardOf(filled),                                  proof({ venueClientId: null }),        true],
    ['the order, by our id',                      heardOf(filled),                                  proof({ venueOrderId: 'v2' }),         true],
    ['as much filled',                            heardOf(filled),                                  trade,                                 true],
    ['less filled',                               heardOf(filled),                                  proof({ tradeId: 't2', filled: '0.5' }), false],
    ['the trade, and no order',                   heardOf(onlyFill(first, { clientOrderId: null })), trade,                                true],
    ['another trade of the order',                heardOf(onlyFill(first, { tradeId: 't9' })),      trade,                                 false],
    ['the acknowledgement by way of a trade',     heardOf(onlyFill(first)),                         proof(),                               true],
  ])('%s', (_, heard, told, has) => {
    expect(heard.hasTold(told)).toBe(has);
  });
});

describe('untold', () => {
  test('not before the time is up, and only what the stream has not told', () => {
    const now = Date.parse(at(20));
    expect(untold([proof()], heardOf(), now - 1, 10_000)).toBeNull();
    expect(untold([proof()], heardOf(), now, 10_000)).toEqual(proof());
    expect(untold([proof()], heardOf(filled), now, 10_000)).toBeNull();
    const late = proof({ venueOrderId: 'v2', venueClientId: null });
    expect(untold([proof(), late], heardOf(filled), now, 10_000)).toEqual(late);
    expect(untold([], heardOf(), now, 10_000)).toBeNull();
  });

  test('what is told is never untold, in whatever order and however often', () => {
    const ids = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 });
    fc.assert(
      fc.property(ids, ids, (told, proved) => {
        const heard = heardOf(
          ...told.map((n) => onlyFill(first, { orderId: `v${n}`, clientOrderId: null, tradeId: `t${n}` })),
        );
        const proofs = proved.map((n) =>
          proof({ venueOrderId: `v${n}`, venueClientId: null, tradeId: `t${n}`, filled: '1' }),
        );
        const mute = untold(proofs, heard, Date.parse(at(60)), 10_000);
        expect(mute === null).toBe(proved.every((n) => told.includes(n)));
      }),
    );
  });
});
