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
    run: async (stage) => {
      const { id: rests } = await stage.resting();
      await stage.fault('ackLost', { method: 'submit', times: 1 });
      const { id: doubtful } = await stage.placed(stage.limit({ price: stage.market.at('0.89') }));
      const burst = Promise.all(
        Array.from({ length: 6 }, () => stage.place(stage.limit({ price: stage.market.at('0.88') }))),
      );
      await stage.halt();
      try {
        const submits = (await stage.received('submit')).length;
        const accepted = (await burst).flatMap(({ order, userErrors }) => {
          if (order === null) equal(userErrors[0]?.code, 'ACCOUNT_HALTED', 'the refusal');
          return order === null ? [] : [order.id];
        });
        await stage.denied(stage.limit(), 'ACCOUNT_HALTED');
        for (const id of [rests, doubtful, ...accepted]) await stage.reaches(id, 'CANCELLED', PROOF_MS);
        equal((await stage.received('submit')).length, submits, 'submissions after the halt');
        equal((await stage.order(rests)).reason, 'the account is halted', 'the reason');
        const open = (await stage.ledger()).orders.filter(({ status }) => status === 'OPEN');
        equal(open.length, 0, 'open orders in the ledger');
      } finally {
        // The next card has this account too.
        await stage.resume();
      }
    },
  },
  {
    id: 'OP-94',
    title: "The dead man's switch",
    situation: 'Our process stops.',
    required: 'The exchange cancels; afterwards these are cancelled with that reason, and nothing is placed again.',
    alone: 'system',
    run: async (stage) => {
      const { id, exchangeOrderId: idThere } = await stage.resting();
      await stage.deadMansSwitch(10);
      const { stack } = stage.system;
      const ours = stack.info.processes
        .map(({ name }) => name)
        .filter((name) => /^(sync-worker|reconciler)/.test(name));
      try {
        await Promise.all(ours.map((name) => stack.kill(name, { stayDown: true })));
        const ended = await stage.until(
          async () => (await stage.ledger()).orders.find(({ exchangeOrderId }) => exchangeOrderId === idThere),
          (order) => order?.status === 'CANCELLED',
          'the exchange cancels',
        );
        equal(ended?.endReason, 'deadMan', 'who cancelled');
      } finally {
        await Promise.all(ours.map((name) => stack.up(name)));
      }
      await stage.reaches(id, 'CANCELLED', PROOF_MS);
      // In the exchange's own words, where it has some.
      if (stage.deadMansWords !== null) equal((await stage.order(id)).reason, stage.deadMansWords, 'the reason');
      equal((await stage.submissions(id)).length, 1, 'submissions');
      await stage.deadMansSwitch(null);
    },
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
    required:
      'Every order stays tracked and is reconciled with the new key; the change itself places and ends nothing.',
    run: async (stage) => {
      const { market } = stage;
      const rests = await stage.resting({ price: market.at('0.88') });
      const fills = await stage.resting();
      const doubtful = await stage.resting({ price: market.at('0.86') });
      await stage.silently();
      await stage.fault('ackLost', { method: 'cancel', times: 1 });
      await stage.cancel(doubtful.id);
      await stage.until(
        () => stage.received('cancel'),
        ({ length }) => length > 0,
        'the cancel is under way',
      );
      const underNewKey = await stage.rotate();
      await stage.reaches(doubtful.id, 'CANCELLED', PROOF_MS);
      equal((await stage.sync()).complete, true, 'a look at the account with the new key');
      for (const { id } of [rests, fills]) {
        equal((await stage.reaches(id, 'ACKNOWLEDGED', PROOF_MS)).state, 'ACKNOWLEDGED', 'an order at rest');
        await stage.heldOnce(id);
      }
      equal((await underNewKey('submit')).length, 0, 'submissions by the change');

      await stage.fill(market.size);
      equal((await stage.reaches(fills.id, 'FILLED', PROOF_MS)).filledSize, market.size, 'filled under the new key');
      const { id } = await stage.resting({ price: market.at('0.87') });
      await stage.heldOnce(id);
      equal((await underNewKey('submit')).length, 1, 'submissions under the new key');
    },
  },
];
