import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyEvent, EVENTS } from './testing/arbitraries.ts';
import {
  currentLeg,
  decide,
  isActive,
  noLegLives,
  openCancel,
  openReplaces,
  openTwoSteps,
  strayCancel,
} from './index.ts';
import type { EventBody, OrderMachine } from './index.ts';
import { DEADLINE, Life, notSent, terms } from './testing/orders.ts';

/**
 * Our own side, doing at random what it may lawfully do, against a venue that may say anything: no illegal cell is ever
 * reached, and never is a second leg sent while one may live.
 */
const OWN = ['Validated', 'Denied', 'Armed', 'Triggered', 'TimedOut', 'SubmitSent', 'GaveUp'];
const ASKED = ['CancelRequested', 'CancelSent', 'ReplaceRequested', 'ReplaceSent', 'LegSent'];
const DOUBTS = ['SubmitUnknown', 'RequestUnknown', 'Vanished', 'OrderAbsent', 'RequestAbsent'];
const LEGS = ['LegEnded', 'LegPlaced', 'LegRefused'];
const venueSays = anyEvent.filter(({ type }) => ![...OWN, ...ASKED, ...DOUBTS, ...LEGS].includes(type));

const FIRST_MOVES: Readonly<Partial<Record<OrderMachine['life'], readonly EventBody[]>>> = {
  CREATED: [{ type: 'Validated' }, { type: 'Denied', code: 'INVALID_INPUT', reason: 'no' }],
  VALIDATED: [{ type: 'SubmitSent', venueClientId: 'L1', deadlineAt: DEADLINE }, { type: 'Armed' }],
  DARK_OPEN: [{ type: 'Triggered' }],
  TRIGGERED: [{ type: 'SubmitSent', venueClientId: 'L1', deadlineAt: DEADLINE }],
};

/** What our own side may do now; `id` is fresh. */
function lawfulMoves(order: OrderMachine, id: string): readonly EventBody[] {
  const leg = currentLeg(order);
  const moves: EventBody[] = [...(FIRST_MOVES[order.life] ?? [])];
  for (const type of ['cancel', 'modify'] as const) {
    const command = { requestId: id, generation: 2, by: 'client' } as const;
    const decision = decide(
      order,
      type === 'cancel' ? { type, ...command } : { type, ...command, change: { size: '12' } },
    );
    if (decision.ok) moves.push(...decision.events);
  }
  moves.push({ type: 'TimedOut', requestId: `${id}t`, reason: 'time' });
  if (order.life === 'SUBMITTED' && leg?.phase === 'absent')
    moves.push({ type: 'SubmitSent', venueClientId: leg.venueClientId, deadlineAt: DEADLINE });
  if (leg !== null && isActive(order) && noLegLives(order)) {
    moves.push({ type: 'GaveUp', reason: 'enough' });
    if (openTwoSteps(order).length > 0)
      moves.push({ type: 'LegSent', venueClientId: id, deadlineAt: DEADLINE, terms: terms('1') });
  }
  if (leg?.phase === 'sent' || leg?.phase === 'unknown')
    moves.push({ type: 'SubmitUnknown', reason: 'timeout' }, { type: 'OrderAbsent', evidence: notSent });
  return [...moves, ...requestMoves(order)];
}

function requestMoves(order: OrderMachine): readonly EventBody[] {
  const moves: EventBody[] = [];
  const live = currentLeg(order)?.phase === 'live' && isActive(order);
  const cancel = live ? openCancel(order) : strayCancel(order);
  if (cancel?.phase === 'wanted') moves.push({ type: 'CancelSent', requestId: cancel.id, deadlineAt: DEADLINE });
  for (const { id, phase } of live ? openReplaces(order) : []) {
    if (phase !== 'wanted') continue;
    for (const how of ['AMEND', 'TWO_STEP'] as const)
      moves.push({ type: 'ReplaceSent', requestId: id, how, deadlineAt: DEADLINE });
  }
  for (const { id, phase } of order.requests) {
    if (phase === 'sent')
      moves.push(
        { type: 'RequestUnknown', requestId: id, reason: 'timeout' },
        { type: 'RequestAbsent', requestId: id, evidence: notSent },
      );
  }
  return moves;
}

test('lawful behaviour of our own side never reaches an illegal cell', () => {
  const moves = fc.array(
    fc.oneof(
      { arbitrary: fc.nat(1000), weight: 3 },
      { arbitrary: fc.oneof(venueSays, EVENTS.Acknowledged), weight: 2 },
    ),
    { maxLength: 40, size: 'large' },
  );
  fc.assert(
    fc.property(moves, (steps) => {
      const life = new Life();
      steps.forEach((step, index) => {
        const own = lawfulMoves(life.order, `N${index}`);
        const event = typeof step === 'number' ? own[step % own.length] : step;
        if (event === undefined) return;
        expect([event, life.apply(event).verdict]).not.toEqual([event, 'bug']);
      });
    }),
    { numRuns: 600 },
  );
});
