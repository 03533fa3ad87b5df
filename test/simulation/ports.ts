import type { Waker } from '@orderplane/queues';
import type {
  CommandTime,
  CommitResult,
  GroupStore,
  JournalRecord,
  OrderChange,
  OrderLedger,
  OrderRecord,
  PlaceOptions,
  RetentionStore,
} from '@orderplane/store';
import type { Faults } from './faults.ts';
import type { Judge } from './judge.ts';
import type { SimProcess } from './process.ts';
import type { SimQueue } from './queue.ts';
import type { Random } from './random.ts';

/** The database as it is when it does not serve: never reached, or gone before it answered. */
export class StoreAway extends Error {
  readonly code: 'ECONNREFUSED' | 'ECONNRESET';
  constructor(call: string, code: StoreAway['code']) {
    super(`the database did not answer ${call}`);
    this.name = 'StoreAway';
    this.code = code;
  }
}

export interface PortParts {
  readonly process: SimProcess;
  readonly random: Random;
  readonly faults: Faults;
}

/**
 * Any port of the store as one process has it: every method is a call over a boundary, which takes effect at one
 * instant and is answered at a later one, and may fail before its effect or after it.
 */
export function storePort<Port extends object>(name: string, port: Port, { process, random, faults }: PortParts): Port {
  return new Proxy(port, {
    get: (target, method) => {
      const member: unknown = Reflect.get(target, method, target);
      if (typeof member !== 'function' || typeof method !== 'string') return member;
      return (...args: readonly unknown[]): Promise<unknown> => {
        const label = `${name}.${method}`;
        const fails = faults.strikes('storeFails');
        const unheard = faults.strikes('storeAnswerLost');
        const slowMs = faults.strikes('storeSlow') ? random.whole(100, 4_000) : 0;
        const latency = { thereMs: random.whole(1, 4) + slowMs, backMs: random.whole(0, 3) };
        return process.call(label, latency, async () => {
          if (fails) throw new StoreAway(label, 'ECONNREFUSED');
          const result: unknown = await Reflect.apply(member, target, args);
          if (unheard) throw new StoreAway(label, 'ECONNRESET');
          return result;
        });
      };
    },
  });
}

/** The ledger itself; the judge sees every write at the instant of its effect. */
export function watchedLedger(ledger: OrderLedger, judge: Judge): OrderLedger {
  const seen = (result: CommitResult, journal: readonly JournalRecord[]): CommitResult => {
    if (result.kind === 'committed') judge.written(result.record, journal);
    return result;
  };
  const placed = (result: CommitResult, journal: readonly JournalRecord[], time?: CommandTime): CommitResult => {
    if (result.kind === 'committed') judge.placedBy(result.record, time);
    return seen(result, journal);
  };
  return new Proxy(ledger, {
    get: (target, method) => {
      if (method === 'place')
        return async (record: OrderRecord, journal: readonly JournalRecord[], options?: PlaceOptions) =>
          placed(await target.place(record, journal, options), journal, options?.time);
      if (method === 'commit') return async (change: OrderChange) => seen(await target.commit(change), change.journal);
      if (method === 'groups') return watchedGroups(target.groups, judge);
      const member: unknown = Reflect.get(target, method, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

/** The purge itself; the judge sees what has gone. */
export const watchedRetention = (retention: RetentionStore, judge: Judge): RetentionStore => ({
  due: (now, graceMs) => retention.due(now, graceMs),
  forget: (before, limit) => retention.forget(before, limit),
  purge: async (terms) => {
    const purged = await retention.purge(terms);
    judge.purge(purged.orderIds);
    return purged;
  },
});

function watchedGroups(groups: GroupStore, judge: Judge): GroupStore {
  return {
    place: async (group, orders, time) => {
      const results = await groups.place(group, orders, time);
      judge.groups.set(group.groupId, group);
      for (const [index, result] of results.entries()) {
        if (result.kind !== 'committed') continue;
        judge.placedBy(result.record, time);
        judge.written(result.record, orders[index]?.journal ?? []);
      }
      return results;
    },
    find: (groupId) => groups.find(groupId),
    recordConflict: async (groupId, conflict) => {
      const isFirst = await groups.recordConflict(groupId, conflict);
      if (isFirst) judge.conflict(groupId);
      return isFirst;
    },
    byIds: (userId, groupIds) => groups.byIds(userId, groupIds),
    membersOf: (userId, groupIds) => groups.membersOf(userId, groupIds),
  };
}

/** The queue as a process has it. What fails is swallowed, as the real one does: the resync heals it. */
export function wakerPort(queue: SimQueue, { process, random, faults }: PortParts): Waker {
  const call = (label: string, effect: () => void): Promise<void> => {
    const isLost = faults.strikes('wakeLost');
    return process.call(label, { thereMs: random.whole(0, 2), backMs: random.whole(0, 2) }, async () => {
      if (!isLost) effect();
    });
  };
  return {
    wake: (exchange, orderId, urgency) => call('wake', () => queue.wake(exchange, orderId, urgency)),
    wakeMany: (exchange, orderIds, urgency) =>
      call('wake many', () => {
        for (const orderId of orderIds) queue.wake(exchange, orderId, urgency);
      }),
    wakeLater: (exchange, orderId, delayMs) => call('wake later', () => queue.wakeLater(exchange, orderId, delayMs)),
    pending: async () => ({ waiting: 0, active: 0, delayed: 0 }),
    close: async () => undefined,
  };
}
