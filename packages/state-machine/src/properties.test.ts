import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { add, compare, sum } from '@orderplane/domain';
import type { OrderState } from '@orderplane/domain';
import {
  counts,
  cumQty,
  evolve,
  FIX_PROFILE,
  hasEnded,
  leavesQty,
  ordStatus,
  overfill,
  replay,
  SPOT_PROFILE,
  stateByQuantity,
} from './index.ts';
import type { EventBody, Leg, OrderMachine, Transition } from './index.ts';
import { CELLS } from './table.ts';
import { anyEvent, EVENTS } from './testing/arbitraries.ts';
import { CREATED, Life, TO } from './testing/orders.ts';

/** Random walks from every state: any event, in any order. What must hold then holds for everything that may come. */

const QUOTE_SIZED: EventBody = {
  type: 'Created',
  kind: { type: 'MARKET', timeInForce: 'IOC' },
  terms: { size: null, quoteSize: '1000', price: null, stopPrice: null },
};
const ADOPTED: EventBody = { ...CREATED, type: 'Adopted', venueClientId: 'C1', venueOrderId: null } as EventBody;

const walk = fc.record({
  start: fc.constantFrom<readonly EventBody[]>(...Object.values(TO)),
  birth: fc.constantFrom(CREATED, CREATED, CREATED, QUOTE_SIZED, ADOPTED),
  profile: fc.constantFrom(SPOT_PROFILE, FIX_PROFILE),
  events: fc.array(anyEvent, { maxLength: 40, size: 'large' }),
});

/** Walks, and calls `check` with every transition. Orders are frozen: a transition that changed one would throw. */
function onEveryStep(
  check: (before: OrderMachine, event: EventBody, transition: Transition, life: Life) => void,
  runs = 200,
): void {
  fc.assert(
    fc.property(walk, ({ start, birth, profile, events }) => {
      const life = new Life([], birth, profile);
      for (const event of [...start, ...events]) {
        const before = deepFreeze(life.order);
        check(before, event, life.apply(event), life);
      }
    }),
    { numRuns: runs },
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

const CHANGES_QUANTITY = ['FillBusted', 'FillCorrected', 'Restated', 'Replaced'];
const isFill = (event: EventBody): boolean => event.type === 'PartialFill' || event.type === 'Fill';
const openCancels = (order: OrderMachine) =>
  order.requests.filter((request) => request.phase === 'pending' && request.kind === 'cancel' && !request.forStray);

describe('whatever happens', () => {
  test('quantities agree: size + overfill = filled + left, and nothing is left after an end', () => {
    onEveryStep((_before, _event, { order }) => {
      expect(compare(overfill(order), '0')).toBeGreaterThanOrEqual(0);
      if (hasEnded(order)) expect(leavesQty(order)).toBe('0');
      else if (order.terms.size !== null)
        expect(add(order.terms.size, overfill(order))).toBe(add(cumQty(order), leavesQty(order) ?? '0'));
    });
  });

  test('filled is the sum over distinct executions, and moves only by executions, busts and corrections', () => {
    onEveryStep((before, event, { order }) => {
      expect(cumQty(order)).toBe(sum(order.executions.filter(counts).map((execution) => execution.size)));
      expect(new Set(order.executions.map(({ id }) => id)).size).toBe(order.executions.length);
      const direction = compare(cumQty(order), cumQty(before));
      if (direction < 0) expect(['FillBusted', 'FillCorrected']).toContain(event.type);
      if (direction > 0) expect(['PartialFill', 'Fill', 'FillCorrected']).toContain(event.type);
    });
  });

  test('the state of an active order at the venue is the state by quantity', () => {
    onEveryStep((_before, _event, { order }) => {
      if (['ACKNOWLEDGED', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED', 'EXPIRED'].includes(order.life))
        expect(order.life).toBe(stateByQuantity(order));
    });
  });

  test('terminal is final: ends move only by quantities and only among ends, FILLED only by a changed quantity', () => {
    onEveryStep((before, event, { order }) => {
      if (before.life === order.life) return;
      if (before.life === 'FILLED') expect(CHANGES_QUANTITY).toContain(event.type);
      if (!hasEnded(before)) return;
      const learnsSize = event.type === 'Acknowledged' && before.terms.size === null;
      expect(isFill(event) || CHANGES_QUANTITY.includes(event.type) || learnsSize).toBe(true);
      const never = before.life === 'REJECTED' || before.life === 'FAILED';
      expect(never ? ['CANCELLED', 'FILLED'] : ['FILLED']).toContain(order.life);
    });
  });

  test("after the venue's end a sign of life is late mail, after our own conclusion it is a stray", () => {
    onEveryStep((before, event, { order }) => {
      if (!hasEnded(before) || (event.type !== 'Acknowledged' && event.type !== 'Activated')) return;
      expect(order.stray).toBe(before.stray || before.end?.saidBy === 'us');
    });
  });

  test('what is displayed is the highest of request, fills and end', () => {
    onEveryStep((_before, _event, { order }) => {
      const pending = order.requests.filter(({ phase, forStray }) => phase === 'pending' && !forStray);
      const shown = ordStatus(order);
      const isEnd = ['Canceled', 'Expired', 'Rejected'].includes(shown);
      expect(isEnd).toBe(hasEnded(order));
      if (hasEnded(order)) return;
      if (pending.some(({ kind }) => kind === 'cancel')) expect(shown).toBe('PendingCancel');
      else if (pending.length > 0) expect(shown).toBe('PendingReplace');
      else expect(shown).not.toMatch(/^Pending[CR]/);
    });
  });

  test('knowledge never goes back: executions, venue ids, ends and closed requests stay', () => {
    onEveryStep((before, _event, { order }) => {
      const ids = new Set(order.legs.flatMap((leg) => leg.venueOrderIds));
      for (const id of before.legs.flatMap((leg) => leg.venueOrderIds)) expect(ids).toContain(id);
      expect(order.executions.length).toBeGreaterThanOrEqual(before.executions.length);
      expect(order.termsVersion).toBeGreaterThanOrEqual(before.termsVersion);
      if (before.end !== null) expect(order.end).not.toBeNull();
      before.requests.forEach(({ id, phase }, index) => {
        const now = order.requests[index];
        expect(now?.id).toBe(id);
        if (phase === 'refused' || phase === 'applied') expect(now?.phase).toBe(phase);
        if (phase === 'overtaken') expect(['overtaken', 'applied']).toContain(now?.phase);
      });
    });
  });

  test('a pending cancel ends only by an end, its refusal, or proof about it', () => {
    onEveryStep((before, event, { order }) => {
      const open = openCancels(order).map(({ id }) => id);
      const lost = openCancels(before).filter(({ id }) => !open.includes(id));
      if (lost.length === 0 || (hasEnded(order) && !isFill(event))) return;
      expect(['CancelRejected', 'RequestAbsent', ...(order.end === null ? [] : ['Cancelled', 'Expired'])]).toContain(
        event.type,
      );
    });
  });

  test('the refusal of a duplicate, of a cancel or of a replace never ends a living order', () => {
    onEveryStep((before, event, { order }) => {
      if (['DuplicateId', 'CancelRejected', 'ReplaceRejected'].includes(event.type))
        expect(hasEnded(order)).toBe(hasEnded(before));
    });
  });

  test('every move is in the table, and what is illegal, odd or refused leaves the order as it was', () => {
    const legal = movesOfTable();
    onEveryStep((before, _event, { order, verdict, alarm, refusal, journal }) => {
      expect(verdict === 'moved').toBe(before.life !== order.life);
      if (verdict === 'moved') expect(legal).toContain(`${before.life} ${order.life}`);
      if (verdict === 'bug' || verdict === 'refused') expect(order).toBe(before);
      if (verdict === 'bug' || verdict === 'odd') expect(alarm).not.toBeNull();
      expect(refusal !== null).toBe(verdict === 'refused');
      if (order === before) expect(journal).toEqual([]);
    });
  });

  test('the same event twice is the event once', () => {
    onEveryStep((_before, _event, _transition, life) => {
      const again = life.log.at(-1);
      if (again === undefined) return;
      const { order } = evolve(life.order, again, life.profile);
      // After an end that we concluded ourselves every sign of life, even a repeated one, is a stray to look into.
      if (life.order.end?.saidBy === 'us' && order.stray && !life.order.stray) return;
      expect(order).toEqual(life.order);
    });
  });

  test('a leg is proven over or absent before the next one is sent, and client ids are never reused', () => {
    onEveryStep((before, _event, { order }) => {
      const over = (leg: Leg | undefined): boolean => leg?.phase === 'ended' || leg?.phase === 'absent';
      expect(order.legs.slice(0, -1).every(over)).toBe(true);
      if (order.legs.length > before.legs.length) expect(before.legs.every(over)).toBe(true);
      expect(new Set(order.legs.map((leg) => leg.venueClientId)).size).toBe(order.legs.length);
    });
  });

  test('nothing is sent again before it is proven not to be there', () => {
    onEveryStep((before, _event, { order }) => {
      const [was, is] = [before.legs.at(-1), order.legs.at(-1)];
      if (was === undefined || is === undefined || was.venueClientId !== is.venueClientId) return;
      if (is.attempts > was.attempts) expect(was.phase).toBe('absent');
    });
  });

  test('absence is taken only with a proof: never sent, or two complete look-ups after the deadline', () => {
    fc.assert(
      fc.property(fc.constantFrom<readonly EventBody[]>(...Object.values(TO)), EVENTS.OrderAbsent, (start, event) => {
        const life = new Life(start);
        const was = life.order.legs.at(-1);
        const { order } = life.apply(event);
        // Over or absent before, or nothing became of it: nothing had to be proven.
        if (was === undefined || was.phase === 'ended' || was.phase === 'absent') return;
        if (order.legs.at(-1)?.phase === was.phase) return;
        const { kind, lookups, executionsComplete } = event.evidence;
        if (kind === 'notSent') return;
        expect([kind, lookups.length >= 2, executionsComplete]).toEqual(['provenAbsent', true, true]);
        expect(Math.max(...lookups.map((asked) => Date.parse(asked)))).toBeGreaterThan(Date.parse(was.deadlineAt));
      }),
      { numRuns: 1_000 },
    );
  });

  test('doubt has a beginning exactly while it lasts, and the journal tells both ends of it', () => {
    onEveryStep((before, _event, { order, journal }) => {
      const doubt =
        order.restInDoubt ||
        order.legs.at(-1)?.phase === 'unknown' ||
        order.requests.some(({ phase }) => phase === 'unknown');
      expect(order.unknownSince !== null).toBe(doubt);
      const told = journal.map(({ type }) => type).filter((type) => type.startsWith('OUTCOME'));
      if (before.unknownSince === null && doubt) expect(told).toEqual(['OUTCOME_UNKNOWN']);
      if (before.unknownSince !== null && !doubt) expect(told).toEqual(['OUTCOME_RESOLVED']);
    });
  });

  test('the journal names every change of state once', () => {
    onEveryStep((before, _event, { order, journal }) => {
      const moves = journal.filter((entry) => entry.fromState !== entry.toState);
      const path = moves.reduce<OrderState>((state, entry) => {
        expect(entry.fromState).toBe(state);
        return entry.toState;
      }, before.life);
      expect(path).toBe(order.life);
    });
  });

  test('an order is plain JSON, and its log replays to it', () => {
    onEveryStep((_before, _event, { order }, life) => {
      const text = JSON.stringify(order);
      const copy = JSON.parse(text) as OrderMachine;
      expect(copy).toStrictEqual(order);
      expect(JSON.stringify(replay(life.log, life.profile))).toBe(text);
    }, 80);
  });
});

/** The pairs of states that the cells lead to. */
function movesOfTable(): ReadonlySet<string> {
  const byQuantity: readonly OrderState[] = ['ACKNOWLEDGED', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED', 'EXPIRED'];
  const moves = new Set<string>();
  const first = ['CREATED', 'VALIDATED', 'DARK_OPEN', 'TRIGGERED'];
  for (const [state, row] of Object.entries(CELLS)) {
    for (const cell of row.values()) {
      for (const outcome of cell?.outcomes ?? []) {
        if (outcome.kind === 'go') moves.add(`${state} ${outcome.target}`);
        if (outcome.kind === 'qty') for (const target of byQuantity) moves.add(`${state} ${target}`);
      }
    }
  }
  for (const state of first) {
    moves.add(`${state} SUBMITTED`);
    for (const move of [...moves]) if (move.startsWith('SUBMITTED ')) moves.add(move.replace('SUBMITTED', state));
  }
  // The row FAILED also stands for the ends that we said ourselves.
  for (const move of [...moves]) {
    if (move.startsWith('FAILED '))
      for (const end of ['CANCELLED', 'EXPIRED', 'REJECTED']) moves.add(move.replace('FAILED', end));
  }
  return moves;
}
