import { add } from '@orderplane/domain';
import type { AnyCard } from '../card.ts';
import { ensure, equal } from '../expect.ts';
import { PROOF_MS, pause } from '../stage.ts';
import type { Stage } from '../stage.ts';

/** G. Streams. */

/** An order of five thirds that rests at its own price. */
const resting = (stage: Stage): Promise<{ readonly id: string }> => {
  const { size, third } = stage.market;
  return stage.resting({ size: add(size, add(third, third)) });
};
const fiveFills = async (stage: Stage): Promise<void> => {
  for (let part = 0; part < 5; part += 1) await stage.fill(stage.market.third);
};
const filledOnce = async (stage: Stage, id: string, executions: number): Promise<void> => {
  await stage.reaches(id, 'FILLED', PROOF_MS);
  equal((await stage.machine(id)).executions.length, executions, 'executions booked');
  equal((await stage.life(id)).filter((state) => state === 'FILLED').length, 1, 'times it became FILLED');
};
const lastSync = (stage: Stage) => stage.system.store.observations.lastSyncRun(stage.account.id, true);

export const STREAMS: readonly AnyCard[] = [
  {
    id: 'OP-68',
    title: 'A disconnect during fills',
    situation: 'The stream breaks, five executions happen, it returns.',
    required: 'All five are fetched; the gap is noted by a full look.',
    run: async (stage) => {
      const { id } = await resting(stage);
      const before = new Date().toISOString();
      await stage.fault('streamDrop', { ms: 1_500 });
      await fiveFills(stage);
      await filledOnce(stage, id, 5);
      await stage.until(
        () => lastSync(stage),
        (run) => run !== null && run.finishedAt > before,
        'a full look after the gap',
      );
    },
  },
  {
    id: 'OP-69',
    title: 'Repeated events',
    situation: 'Each message comes twice, also after a reconnect.',
    required: 'One effect.',
    run: async (stage) => {
      await stage.fault('streamDuplicate', { ms: 20_000 });
      const { id } = await resting(stage);
      for (let part = 0; part < 2; part += 1) await stage.fill(stage.market.third);
      await stage.fault('streamDrop');
      for (let part = 0; part < 3; part += 1) await stage.fill(stage.market.third);
      await filledOnce(stage, id, 5);
    },
  },
  {
    id: 'OP-70',
    title: 'Events out of order',
    situation: 'Acknowledgement, two fills and the cancel of several orders arrive shuffled.',
    required: 'The same order in the end.',
    run: async (stage) => {
      const { third } = stage.market;
      await stage.fault('streamReorder', { ms: 15_000 });
      for (let round = 0; round < 6; round += 1) {
        const { id } = await stage.placed(stage.limit());
        await stage.until(
          () => stage.held(id),
          ({ length }) => length > 0,
          'the exchange has it',
        );
        await stage.fill(third);
        await stage.fill(third);
        const [held] = await stage.held(id);
        await stage.venueCancels(held?.exchangeOrderId ?? '');
        const order = await stage.reaches(id, 'CANCELLED');
        equal([order.filledSize, order.remainingSize], [add(third, third), '0'], 'filled and remaining');
      }
    },
  },
  {
    id: 'OP-71',
    title: 'A fill before the acknowledgement',
    situation: 'The stream reports the fill before the answer to the submission, and before the exchange id is known.',
    required: 'Booked to the right order, never to an external one.',
    run: async (stage) => {
      await stage.fault('delayAnswer', { method: 'submit', ms: 2_000 });
      const { id } = await stage.placed(stage.buyNow());
      await stage.reaches(id, 'FILLED');
      await pause(2_000);
      const external = (await stage.newOrders()).filter(({ origin }) => origin === 'EXTERNAL');
      equal(external, [], 'external orders');
      equal((await stage.submissions(id)).length, 1, 'submissions');
    },
  },
  {
    id: 'OP-72',
    title: 'A stale answer',
    situation: 'The answer says "open, nothing filled" after the stream said that it is filled.',
    required: 'It stays filled.',
    run: async (stage) => {
      await stage.fault('delayAnswer', { method: 'submit', ms: 2_000 });
      const { id } = await stage.placed(stage.limit());
      await stage.until(
        () => stage.held(id),
        ({ length }) => length > 0,
        'the exchange has it',
      );
      await stage.price('0.9');
      await stage.until(
        () => stage.order(id),
        ({ state }) => state === 'FILLED',
        'the stream says that it is filled',
      );
      // The answer comes meanwhile.
      await pause(2_200);
      await filledOnce(stage, id, 1);
      equal((await stage.life(id)).at(-1), 'FILLED', 'the last state');
    },
  },
  {
    id: 'OP-73',
    title: 'A silent stream',
    situation: 'The stream is connected and says nothing.',
    required: 'Noticed by comparison within its limit; the gap is reconciled.',
    run: async (stage) => {
      const { id } = await resting(stage);
      await stage.silently(20_000);
      await fiveFills(stage);
      await filledOnce(stage, id, 5);
    },
  },
  {
    id: 'OP-74',
    title: 'A missing sequence number',
    situation: 'One message of the stream is lost, the next one comes.',
    required: 'The gap is noticed at once and reconciled.',
    run: async (stage) => {
      const { id } = await resting(stage);
      await stage.fault('streamSilent', { times: 1 });
      const before = new Date().toISOString();
      await fiveFills(stage);
      await filledOnce(stage, id, 5);
      await stage.until(
        () => lastSync(stage),
        (run) => run !== null && run.reason === 'stream-connected' && run.startedAt >= before,
        'a full look because of the gap',
        3_000,
      );
    },
  },
  {
    id: 'OP-75',
    title: 'One bad message',
    situation: 'One message of a burst can not be read.',
    required: 'The others count; the order of the bad one is asked for.',
    run: async (stage) => {
      const { id } = await resting(stage);
      await stage.fault('streamGarble', { times: 1, skip: 1 });
      await fiveFills(stage);
      await filledOnce(stage, id, 5);
    },
  },
  {
    id: 'OP-76',
    title: 'Only totals',
    situation: 'The stream tells of the last of several executions only: its total is ahead of what is booked.',
    required: 'The executions are fetched one by one; nothing is booked twice.',
    run: async (stage) => {
      const { id } = await resting(stage);
      await stage.silently(30_000);
      for (let part = 0; part < 3; part += 1) await stage.fill(stage.market.third);
      await stage.heal();
      for (let part = 0; part < 2; part += 1) await stage.fill(stage.market.third);
      await filledOnce(stage, id, 5);
    },
  },
  {
    id: 'OP-77',
    title: 'A token or subscription ends',
    situation: 'The stream ends, and the exchange refuses to open another one for a while.',
    required: 'As after a disconnect; no process dies of it.',
    run: async (stage) => {
      const { id } = await resting(stage);
      const pids = () => stage.system.stack.info.processes.map(({ pid }) => pid);
      const before = pids();
      await stage.fault('authFail', { method: 'other', ms: 2_500 });
      await stage.fault('streamDrop', { ms: 2_500 });
      await fiveFills(stage);
      await filledOnce(stage, id, 5);
      await stage.until(
        () => stage.system.venue.streams(stage.exchange),
        (streams) => streams.includes(stage.account.apiKey),
        'the stream is up again',
        PROOF_MS,
      );
      ensure(
        before.every((pid) => pids().includes(pid)),
        'a process died of it',
      );
    },
  },
];
