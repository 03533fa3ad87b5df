import type { AnyCard } from '../card.ts';
import { ensure, equal, fail } from '../expect.ts';
import { PROOF_MS } from '../stage.ts';

/** J. More than one, and stop. */
export const SEVERAL: readonly AnyCard[] = [
  {
    id: 'OP-92',
    title: 'A second instance',
    situation: 'The sender of an order is stopped before its call, another takes over, the first one returns.',
    required: 'The first one sends nothing any more; one order in the ledger.',
    alone: 'restarts',
    run: async (stage) => {
      const clientOrderId = `stopped-${crypto.randomUUID()}`;
      stage.crashAt('submit:after-intent', clientOrderId, 'SIGSTOP');
      const { id } = await stage.placed(stage.limit({ clientOrderId }));
      const pids = await stage.until(
        () => stage.stopped(),
        ({ length }) => length > 0,
        'its sender is stopped',
      );
      try {
        await stage.until(
          () => stage.submissions(id),
          ({ length }) => length > 0,
          'another one sends it after the proof',
          PROOF_MS,
        );
      } finally {
        stage.wake(pids);
      }
      await stage.until(
        () => stage.stopped(),
        (still) => !still.some((pid) => pids.includes(pid)),
        'it is back',
      );
      await stage.reaches(id, 'ACKNOWLEDGED', PROOF_MS);
      await stage.heldOnce(id);
      equal((await stage.submissions(id)).length, 1, 'submissions');
    },
  },
  {
    id: 'OP-93',
    title: 'The kill switch',
    situation: 'Thrown in the middle of a burst with orders in doubt.',
    required: 'No new order is received after it; what was in doubt is found and cancelled.',
    absent: 'the kill switch',
  },
  {
    id: 'OP-94',
    title: "The dead man's switch",
    situation: 'Our process stops.',
    required: 'The exchange cancels; afterwards these are cancelled with that reason, and nothing is placed again.',
    absent: "the dead man's switch",
  },
  {
    id: 'OP-95',
    title: 'A stray',
    situation: 'An order that ended for us is found alive, and fills in part before it is cancelled.',
    required: 'The end stands with the fill; the stray is cancelled.',
    run: async (stage) => {
      const { market } = stage;
      const { id, legs } = await stage.resting();
      await stage.cancel(id);
      await stage.reaches(id, 'CANCELLED');
      const clientId = legs[0]?.venueClientId ?? fail('it has no leg');
      await stage.fault('delay', { method: 'cancel', ms: 1_500, times: 1 });
      const stray = await stage.outside({ clientId });
      await stage.until(
        () => stage.sync().then(() => stage.received('cancel')),
        (cancels) => cancels.length >= 2,
        'the stray is being cancelled',
        PROOF_MS,
      );
      await stage.fill(market.third);
      const order = await stage.until(
        () => stage.order(id),
        ({ filledSize }) => filledSize === market.third,
        'its fill is booked',
        PROOF_MS,
      );
      equal(order.state, 'CANCELLED', 'the end');
      const status = async () =>
        (await stage.ledger()).orders.find((held) => held.exchangeOrderId === stray.exchangeOrderId)?.status;
      await stage.until(status, (is) => is === 'CANCELLED', 'the stray is gone', PROOF_MS);
      ensure(
        (await stage.machineEvents(id)).some(({ type }) => type === 'StrayFound'),
        'no alarm',
      );
    },
  },
  {
    id: 'OP-96',
    title: 'A batch',
    situation: 'Five orders in one command; one is refused, one is in doubt.',
    required: 'One request each, five separate results.',
    absent: 'the batch command',
  },
  {
    id: 'OP-97',
    title: 'New credentials',
    situation: 'The key is changed while orders live and a cancel is in doubt.',
    required: 'Every order stays tracked and is reconciled with the new key.',
    absent: 'the change of credentials',
  },
];
