import type { AnyCard } from '../card.ts';
import { request } from '../../../support/client.ts';
import { ensure, equal, fail } from '../expect.ts';
import { PROOF_MS, SOON_MS } from '../stage.ts';
import type { Stage } from '../stage.ts';

/** F. Limits, keys, clocks. */

const burst = (stage: Stage, count: number): Promise<readonly { readonly id: string }[]> =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      stage.placed(stage.limit({ size: stage.market.third, price: stage.market.at(`0.${700 + index}`) })),
    ),
  );

const limitedUntil = async (stage: Stage): Promise<string | null> => {
  const { exchanges } = await request<{ exchanges: { id: string; health: { rateLimitedUntil: string | null } }[] }>(
    stage.system.trader,
    '{ exchanges { id health { rateLimitedUntil } } }',
  );
  return exchanges.find(({ id }) => id === stage.exchange)?.health.rateLimitedUntil ?? null;
};

/** Orders that may be refused as long as the exchange is thought to be away. */
const placedSoon = async (stage: Stage): Promise<string> =>
  (
    await stage.until(
      () => stage.place(stage.limit()),
      ({ order }) => order !== null,
      'orders are taken again',
    )
  ).order?.id ?? fail('no order');

export const LIMITS: readonly AnyCard[] = [
  {
    id: 'OP-59',
    title: 'A rate limit',
    situation: 'The exchange limits us in the middle of a burst and names a waiting time.',
    required: 'No new order is sent before that; nothing is lost.',
    alone: 'exchange',
    run: async (stage) => {
      await stage.fault('rateLimit', { method: 'submit', times: 1, skip: 2, retryAfterSeconds: 2 });
      const orders = await burst(stage, 8);
      for (const { id } of orders) {
        await stage.reaches(id, 'ACKNOWLEDGED', PROOF_MS);
        await stage.heldOnce(id);
      }
      const received = await stage.received('submit');
      const limited = received.find(({ fault }) => fault === 'rateLimit') ?? fail('nobody was limited');
      const journals = await Promise.all(orders.map(({ id }) => stage.machineEvents(id)));
      // On a busy machine a submission can be held back here, for want of time, before the exchange has limited anybody.
      const isAfter = ({ at }: { readonly at: string }): boolean => Date.parse(at) >= Date.parse(limited.at);
      const known =
        journals.flat().find((event) => event.type === 'OrderAbsent' && isAfter(event)) ??
        fail('the limit is in no journal');
      // What was on its way when the answer was written down could not know; then nothing until the time is over.
      const sinceMs = Date.parse(known.at) + 300;
      // Exchanges name the time in their own ways; the shortest is a second.
      const untilMs = Date.parse(limited.at) + 950;
      for (const event of journals.flat()) {
        const sentMs = event.type === 'SubmitSent' ? Date.parse(event.at) : 0;
        ensure(sentMs < sinceMs || sentMs >= untilMs, `an order was sent at ${event.at}, limited at ${limited.at}`);
      }
    },
  },
  {
    id: 'OP-60',
    title: 'Our own budget',
    situation: 'A burst above the published limit.',
    required: 'The exchange counts no violation; all processes share the budget.',
    alone: 'exchange',
    run: async (stage) => {
      const { venue } = stage.system;
      const refused = async (): Promise<number> => (await venue.counters(stage.exchange))['rateLimited'] ?? 0;
      // From here on the exchange counts as it does for its retail clients.
      await venue.limits(stage.exchange, { enabled: true, scale: 1 });
      try {
        const before = await refused();
        const looks = Promise.all([stage.sync(), stage.sync()]);
        const orders = await burst(stage, 25);
        await looks;
        for (const { id } of orders) {
          await stage.reaches(id, 'ACKNOWLEDGED', PROOF_MS);
          const events = await stage.machineEvents(id);
          ensure(!events.some(({ type }) => type === 'OrderAbsent'), 'an order was refused for the limit');
        }
        equal(await refused(), before, 'violations that the exchange counts');
      } finally {
        await venue.limits(stage.exchange, { enabled: false });
      }
    },
  },
  {
    id: 'OP-61',
    title: 'A ban',
    situation: 'Refusal after refusal.',
    required: 'Few and ever later attempts; the exchange is shown as limited.',
    alone: 'exchange',
    run: async (stage) => {
      await stage.fault('rateLimit', { method: 'submit', times: 3, retryAfterSeconds: 1 });
      const { id } = await stage.placed(stage.limit());
      await stage.until(
        () => limitedUntil(stage),
        (until) => until !== null,
        'the exchange is shown as limited',
      );
      await stage.reaches(id, 'ACKNOWLEDGED', PROOF_MS);
      const tries = (await stage.submissions(id)).map(({ at }) => Date.parse(at));
      equal(tries.length, 4, 'attempts');
      ensure(
        tries.every((at, index) => index === 0 || at - (tries[index - 1] ?? 0) >= 900),
        'it did not wait',
      );
    },
  },
  {
    id: 'OP-62',
    title: 'The key is revoked',
    situation: 'In the middle of trading the exchange refuses the key; later it takes it again.',
    required: 'Live orders stay shown as live; no storm of attempts; everything is reconciled before new orders.',
    alone: 'exchange',
    unserved: 'halting an account whose key is refused',
    run: async (stage) => {
      const resting = await stage.resting();
      await stage.fault('authFail', { ms: 5_000 });
      const refused = await stage.placed(stage.limit());
      await stage.reaches(refused.id, 'REJECTED');
      equal((await stage.sync()).complete, false, 'a look at the account with a refused key is complete');
      equal((await stage.order(resting.id)).state, 'ACKNOWLEDGED', 'the order at rest');
      await stage.until(
        () => stage.sync(),
        ({ complete }) => complete,
        'the key works again',
      );
      const attempts = (await stage.received('any')).filter(({ fault }) => fault === 'authFail').length;
      ensure(attempts < 30, `${attempts} trading requests with a refused key`);
      await stage.reaches(await placedSoon(stage), 'ACKNOWLEDGED', SOON_MS);
    },
  },
  {
    id: 'OP-63',
    title: 'A missing permission',
    situation: 'The key may read and not trade.',
    required: 'Found at the start, orders are denied; reading goes on.',
    unserved: 'asking at the start what a key may do',
    run: async (stage) => {
      await stage.answer('noPermission', 'submit');
      const { id } = await stage.placed(stage.limit());
      await stage.reaches(id, 'REJECTED');
      equal((await stage.submissions(id)).length, 1, 'submissions');
      equal((await stage.sync()).complete, true, 'reading');
    },
  },
  {
    id: 'OP-64',
    title: 'A race of nonces',
    situation: 'Twenty requests at once, from two processes with one key.',
    required: 'Nonces grow; no order is lost or doubled.',
    run: async (stage) => {
      const syncs = Promise.all([stage.sync(), stage.sync(), stage.sync()]);
      const orders = await burst(stage, 20);
      await syncs;
      for (const { id } of orders) {
        await stage.reaches(id, 'ACKNOWLEDGED', PROOF_MS);
        await stage.heldOnce(id);
      }
    },
  },
  {
    id: 'OP-65',
    title: 'Clock skew',
    situation: 'Our clock is ten seconds behind, then ten ahead.',
    required: "The exchange's time is used; a refusal for the time is definite, put right, and tried again once.",
    alone: 'exchange',
    run: async (stage) => {
      try {
        for (const offsetMs of [10_000, -10_000]) {
          await stage.script('clock', { offsetMs });
          const { id } = await stage.placed(stage.limit());
          await stage.reaches(id, 'ACKNOWLEDGED', PROOF_MS);
          await stage.heldOnce(id);
          await stage.cancel(id);
          await stage.reaches(id, 'CANCELLED', PROOF_MS);
        }
      } finally {
        await stage.script('clock', { offsetMs: 0 });
      }
    },
  },
  {
    id: 'OP-66',
    title: 'Maintenance',
    situation: 'The exchange is closed for a while and returns with an order cancelled.',
    required: 'No new order is sent; wishes to cancel are kept; ends are booked with their reason.',
    alone: 'exchange',
    run: async (stage) => {
      const goes = await stage.resting();
      const wished = await stage.resting({ price: stage.market.at('0.88') });
      await stage.silently(8_000);
      await stage.system.venue.fault({ exchange: stage.exchange, fault: 'maintenance', ms: 5_000 });
      await stage.venueCancels(goes.exchangeOrderId ?? '');
      await stage.cancel(wished.id);
      const { order, userErrors } = await stage.place(stage.limit());
      if (order === null) equal(userErrors[0]?.code, 'EXCHANGE_UNAVAILABLE', 'the refusal of a new order');
      await stage.reaches(wished.id, 'CANCELLED', PROOF_MS);
      const over = await stage.reaches(goes.id, 'CANCELLED', PROOF_MS);
      ensure((over.reason ?? '') !== '', 'the end has no reason');
      // Taken before it was known: it waits, or the exchange's word for its maintenance refused it.
      if (order !== null)
        await stage.until(
          () => stage.order(order.id),
          ({ state }) => state === 'ACKNOWLEDGED' || state === 'REJECTED',
          'the order taken meanwhile is decided',
          PROOF_MS,
        );
      await stage.reaches(await placedSoon(stage), 'ACKNOWLEDGED', PROOF_MS);
    },
  },
  {
    id: 'OP-67',
    title: 'Cancels only',
    situation: 'The market takes cancels only.',
    required: 'Orders are refused with the reason; cancels go through; no storm.',
    run: async (stage) => {
      const { id } = await stage.resting();
      await stage.answer('cancelOnly', 'submit', { times: 3 });
      const refused = await stage.placed(stage.limit());
      const { reason } = await stage.reaches(refused.id, 'REJECTED');
      ensure((reason ?? '') !== '', 'there is no reason');
      await stage.cancel(id);
      await stage.reaches(id, 'CANCELLED');
      equal((await stage.submissions(refused.id)).length, 1, 'submissions');
    },
  },
];
