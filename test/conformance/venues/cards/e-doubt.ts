import type { AnyCard } from '../card.ts';
import { ensure, equal, fail } from '../expect.ts';
import { PROOF_MS, pause } from '../stage.ts';
import type { Stage } from '../stage.ts';

/** E. The outcome of a submission in doubt. */

/** The order is found alive after a doubt: one order in the ledger, sent once. */
async function found(stage: Stage, id: string, what: string): Promise<boolean> {
  await stage.reaches(id, 'ACKNOWLEDGED', PROOF_MS);
  await stage.heldOnce(id);
  equal((await stage.submissions(id)).length, 1, `${what}: submissions`);
  return (await doubts(stage, id)) > 0;
}

/** A scheduled look at the account may find the order before there is any doubt: then the situation did not come about. */
async function doubted(stage: Stage, what: string, place: () => Promise<string>): Promise<void> {
  for (let tries = 0; tries < 5; tries += 1) if (await found(stage, await place(), what)) return;
  fail(`${what}: there was no doubt`);
}

/** The order was never there: proved, then sent again under its id. */
async function sentAgain(stage: Stage, id: string, what: string): Promise<void> {
  const order = await stage.reaches(id, 'ACKNOWLEDGED', PROOF_MS);
  equal(order.legs.length, 1, `${what}: legs`);
  await stage.heldOnce(id);
  const events = await stage.machineEvents(id);
  const absent = events.findIndex(({ type }) => type === 'OrderAbsent');
  const last = events.findLastIndex(({ type }) => type === 'SubmitSent');
  ensure(absent >= 0 && absent < last, `${what}: sent again without a proof`);
  const proof = events[absent];
  ensure(
    proof?.type === 'OrderAbsent' && proof.evidence.kind === 'provenAbsent' && proof.evidence.lookups.length >= 2,
    `${what}: the proof is ${JSON.stringify(proof)}`,
  );
}

const doubts = async (stage: Stage, id: string): Promise<number> =>
  (await stage.machineEvents(id)).filter(({ type }) => type === 'SubmitUnknown').length;

/** Places an order whose submission meets the fault, while the stream is silent. */
async function placedUnder(stage: Stage, fault: string, terms: Record<string, unknown> = {}): Promise<string> {
  await stage.silently();
  await stage.fault(fault, { method: 'submit', times: 1, ...terms });
  return (await stage.placed(stage.limit())).id;
}

export const DOUBT: readonly AnyCard[] = [
  {
    id: 'OP-47',
    title: 'The answer is lost, the order lives',
    situation: 'The connection is cut after the exchange has accepted.',
    required: 'In doubt, found by its client id or in the list; one order in the ledger.',
    run: (stage) => doubted(stage, 'ackLost', () => placedUnder(stage, 'ackLost')),
  },
  {
    id: 'OP-48',
    title: 'The answer is lost, the order is absent',
    situation: 'The request never arrived.',
    required: 'In doubt until its absence is proved; only then another attempt.',
    run: async (stage) => sentAgain(stage, await placedUnder(stage, 'dropBeforeAccept'), 'dropBeforeAccept'),
  },
  {
    id: 'OP-49',
    title: 'Accepted after we asked',
    situation: 'The request is held on its way, and accepted after we were told that there is no such order.',
    required: 'No second order: the proof waits for the deadline; then it is found.',
    run: async (stage) => {
      // The first request of an account opens its connection, which takes of the time to the deadline.
      await stage.resting();
      const id = await placedUnder(stage, 'delay', { ms: 3_800 });
      await stage.reaches(id, 'ACKNOWLEDGED', PROOF_MS);
      await stage.heldOnce(id);
      // Where newer nonces have overtaken the held request the exchange refuses it: then it is absent, with a proof.
      if ((await stage.submissions(id)).length > 1) await sentAgain(stage, id, 'delay');
    },
  },
  {
    id: 'OP-50',
    title: 'A 5xx after the acceptance',
    situation: 'Each status of the family and unknown ones, also with a page for people, and the order lives.',
    required: 'Each of them is a doubt, and the order is found.',
    run: async (stage) => {
      for (const status of [500, 502, 503, 504, 520, 599])
        await doubted(stage, `status ${status}`, () => placedUnder(stage, 'error5xxAfterAccept', { status }));
      const page = {
        status: 502,
        contentType: 'text/html',
        body: '<html><body><h1>502 Bad Gateway</h1></body></html>',
      };
      await doubted(stage, 'a page', () => placedUnder(stage, 'rawAnswer', page));
    },
  },
  {
    id: 'OP-51',
    title: 'A 5xx before the acceptance',
    situation: 'The same answers, and no order.',
    required: 'As when the request never arrived: the status does not tell.',
    run: async (stage) => sentAgain(stage, await placedUnder(stage, 'error5xxBefore', { status: 503 }), 'status 503'),
  },
  {
    id: 'OP-52',
    title: 'The body stalls',
    situation: 'Status 200 and headers at once, then nothing.',
    required: 'Our own deadline ends the wait; in doubt; other orders of the account go on.',
    run: async (stage) => {
      const id = await placedUnder(stage, 'bodyStall');
      await stage.until(
        () => stage.received('submit'),
        ({ length }) => length > 0,
        'it is under way',
      );
      const other = await stage.resting({ price: stage.market.at('0.88') });
      const state = (await stage.order(id)).state;
      ensure(state === 'SUBMITTED' || state === 'ACKNOWLEDGED', `meanwhile it was ${state}`);
      await stage.reaches(other.id, 'ACKNOWLEDGED');
      await found(stage, id, 'bodyStall');
    },
  },
  {
    id: 'OP-53',
    title: 'An unreadable success',
    situation: 'Status 200 with nothing, with half a document, with an empty one, with an order that has no id.',
    required: 'In doubt, never an order with an empty id.',
    run: async (stage) => {
      for (const body of ['', '{"a', '{}', '[]'])
        await doubted(stage, `the body ${body}`, () => placedUnder(stage, 'rawAnswer', { status: 200, body }));
      await doubted(stage, 'an order without an id', async () => {
        await stage.silently();
        await stage.answer('withoutId', 'submit', { process: true });
        return (await stage.placed(stage.limit())).id;
      });
      for (const { legs } of await stage.orders())
        ensure(
          legs.every(({ exchangeOrderId }) => exchangeOrderId !== ''),
          'an order has an empty id',
        );
    },
  },
  {
    id: 'OP-54',
    title: 'A reset after the send',
    situation: 'The connection breaks when all is sent, fresh or reused, also in the middle of the answer.',
    required: 'In doubt; no layer below ours sends the request again.',
    run: async (stage) => {
      for (const fault of ['ackLost', 'bodyCut', 'ackLost'])
        await doubted(stage, fault, () => placedUnder(stage, fault));
    },
  },
  {
    id: 'OP-55',
    title: 'Nothing was sent',
    situation: 'The connection is refused.',
    required: 'Proved absent at once and sent again with the same id; never in doubt.',
    alone: 'system',
    run: async (stage) => {
      const { stack } = stage.system;
      await stack.kill('venue-simulator', { stayDown: true });
      // Accepted before anybody has noticed.
      const placed = await stage.placed(stage.limit()).finally(async () => {
        await pause(1_000);
        await stack.up('venue-simulator');
        await stage.calm();
      });
      await stage.reaches(placed.id, 'ACKNOWLEDGED', PROOF_MS);
      equal(await doubts(stage, placed.id), 0, 'doubts');
      equal((await stage.order(placed.id)).legs.length, 1, 'legs');
      await stage.heldOnce(placed.id);
    },
  },
  {
    id: 'OP-56',
    title: 'Lost, filled and gone',
    situation: 'The answer is lost, and the order is filled at once: it is in no list of open orders.',
    required: 'Filled with its executions; not sent again.',
    run: async (stage) => {
      await stage.silently();
      await stage.fault('ackLost', { method: 'submit', times: 1 });
      const { id } = await stage.placed(stage.buyNow());
      equal((await stage.reaches(id, 'FILLED', PROOF_MS)).filledSize, stage.market.size, 'filled');
      equal((await stage.submissions(id)).length, 1, 'submissions');
    },
  },
  {
    id: 'OP-57',
    title: 'The exchange forgets client ids',
    situation: 'The order is filled; the exchange would take its client id again.',
    required: 'Never sent again after any sign of it, also not after a restart.',
    alone: 'restarts',
    run: async (stage) => {
      await stage.silently();
      await stage.fault('ackLost', { method: 'submit', times: 1 });
      const first = await stage.placed(stage.buyNow());
      await stage.reaches(first.id, 'FILLED', PROOF_MS);
      const second = await stage.placed(stage.buyNow());
      stage.crashAt('submit:after-call', second.clientOrderId);
      await stage.reaches(second.id, 'FILLED', PROOF_MS);
      await stage.restart('reconciler');
      await stage.sync();
      for (const { id } of [first, second]) equal((await stage.submissions(id)).length, 1, 'submissions');
    },
  },
  {
    id: 'OP-58',
    title: 'A crash in the middle',
    situation: 'Killed between log and send, between send and answer, between answer and log, between two executions.',
    required: 'After the restart: proved absent and sent, found, found, and every execution.',
    alone: 'restarts',
    run: async (stage) => {
      const killed = async (step: string, fault: string | null): Promise<string> => {
        const clientOrderId = `crash-${crypto.randomUUID()}`;
        stage.crashAt(step, clientOrderId);
        if (fault !== null) await stage.fault(fault, { method: 'submit', times: 1 });
        return (await stage.placed(stage.limit({ clientOrderId }))).id;
      };
      const unsent = await killed('submit:after-intent', null);
      await stage.reaches(unsent, 'ACKNOWLEDGED', PROOF_MS);
      await stage.heldOnce(unsent);
      for (const fault of ['ackLost', null]) {
        const id = await killed('submit:after-call', fault);
        await stage.reaches(id, 'ACKNOWLEDGED', PROOF_MS);
        await stage.heldOnce(id);
        equal((await stage.submissions(id)).length, 1, 'submissions');
      }
      const { id } = await stage.resting({ price: stage.market.at('0.95') });
      await stage.fill(stage.market.third, '0.95');
      stage.crashAt('stream:before-booking', stage.exchange);
      await stage.fill(stage.market.third, '0.95');
      await stage.fill(stage.market.third, '0.95');
      equal((await stage.reaches(id, 'FILLED', PROOF_MS)).filledSize, stage.market.size, 'filled');
      stage.disarm(stage.exchange);
    },
  },
];
