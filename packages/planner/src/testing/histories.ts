import fc from 'fast-check';
import type { OrderReport } from '@orderplane/normalization';
import type { OrderMachine } from '@orderplane/state-machine';
import { apply, at, limitSpec, orderAfter } from './machines.ts';
import { ModelVenue, reportOf, type VenueOrder } from './model-venue.ts';

/** Everything of our own happens before the first report; what of it the exchange carries out is the history's choice. */
const OWN_DEADLINE = at(60);
/** A look-up after every deadline and every delay. */
export const LAST_LOOK = at(100);

type Moment =
  | { readonly do: 'fill'; readonly size: string }
  | { readonly do: 'amend' | 'restate' | 'cancel' | 'expire' }
  | { readonly do: 'ask'; readonly source: 'lookup' | 'open-list' | 'history'; readonly fills: boolean };

export interface History {
  readonly told: string;
  /** The order as we hold it after our own requests, none of them answered. */
  readonly start: OrderMachine;
  /** Everything that the exchange said, oldest first. */
  readonly reports: readonly OrderReport[];
  /** What it says when asked after all of it. */
  readonly last: OrderReport;
}

interface Wishes {
  readonly cancel: boolean;
  readonly change: { readonly size: string; readonly price: string } | null;
}

const moments: fc.Arbitrary<Moment> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('0.1', '0.25', '0.5', '3').map((size) => ({ do: 'fill' as const, size })) },
  {
    weight: 4,
    arbitrary: fc.constantFrom('amend', 'amend', 'restate', 'cancel', 'expire').map((what) => ({ do: what })),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      source: fc.constantFrom('lookup', 'open-list', 'history'),
      fills: fc.boolean(),
    }),
  },
);

const wishes: fc.Arbitrary<Wishes> = fc.record({
  cancel: fc.boolean(),
  change: fc.option(
    fc.constantFrom({ size: '2', price: '101' }, { size: '0.5', price: '100' }, { size: '1', price: '99' }),
  ),
});

/** A lawful life of one order at an exchange that amends natively, with snapshots asked at any time. */
export const histories: fc.Arbitrary<History> = fc
  .record({ wishes, moments: fc.array(moments, { maxLength: 9 }) })
  .map(({ wishes, moments }) => tell(wishes, moments));

function startOf({ cancel, change }: Wishes): OrderMachine {
  let order = orderAfter('validated', 'sent');
  if (change !== null) {
    const terms = { ...change, quoteSize: null, stopPrice: null };
    order = apply(order, { type: 'ReplaceRequested', requestId: 'change', generation: 2, terms, by: 'client' });
    order = apply(order, { type: 'ReplaceSent', requestId: 'change', how: 'AMEND', deadlineAt: OWN_DEADLINE });
    order = apply(order, { type: 'RequestUnknown', requestId: 'change', reason: 'no answer' });
  }
  if (cancel) {
    order = apply(order, { type: 'CancelRequested', requestId: 'cancel', generation: 3, by: 'client' });
    order = apply(order, { type: 'CancelSent', requestId: 'cancel', deadlineAt: OWN_DEADLINE });
    order = apply(order, { type: 'RequestUnknown', requestId: 'cancel', reason: 'no answer' });
  }
  return apply(order, { type: 'SubmitUnknown', reason: 'no answer' });
}

function tell(wishes: Wishes, moments: readonly Moment[]): History {
  const venue = new ModelVenue();
  const order = venue.place('c1', limitSpec, at(1));
  const reports: OrderReport[] = [reportOf(order, 'stream', at(1))];
  let changed = false;
  moments.forEach((moment, index) => {
    const now = at(2 + index);
    if (moment.do === 'amend') {
      if (changed || wishes.change === null) return;
      changed = true;
    }
    const report = happen(venue, order, moment, wishes, now, index);
    if (report !== null) reports.push(report);
  });
  const told = `${JSON.stringify(wishes)} ${moments.map((moment) => moment.do).join(' ')}`;
  return { told, start: startOf(wishes), reports, last: reportOf(order, 'lookup', LAST_LOOK, 'all') };
}

/** What the exchange says of this moment, on its stream or when asked; null where nothing happens. */
function happen(
  venue: ModelVenue,
  order: VenueOrder,
  moment: Moment,
  wishes: Wishes,
  now: string,
  index: number,
): OrderReport | null {
  const streamed = (happened: boolean): OrderReport | null => (happened ? reportOf(order, 'stream', now) : null);
  switch (moment.do) {
    case 'fill': {
      const fill = venue.fill(order, moment.size, now);
      return fill === null ? null : reportOf(order, 'stream', now, [fill]);
    }
    case 'amend':
      return streamed(venue.amend(order, wishes.change ?? {}, now));
    case 'restate':
      // A change from outside beside a change of ours in doubt can't be told apart without the report of each.
      return streamed(wishes.change === null && venue.amend(order, { price: String(200 + index) }, now));
    case 'cancel':
      return streamed(venue.end(order, 'CANCELLED', now));
    case 'expire':
      return streamed(venue.end(order, 'EXPIRED', now, 'tif'));
    case 'ask':
      if (moment.source === 'open-list' && order.status !== 'OPEN') return null;
      return reportOf(order, moment.source, now, moment.fills ? 'all' : []);
  }
}
