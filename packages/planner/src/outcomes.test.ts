import { describe, expect, test } from 'vitest';
import type { OrderMachine } from '@orderplane/state-machine';
import { fold } from './fold.ts';
import { Folding } from './folding.ts';
import {
  foldLookup,
  foldRequest,
  foldSubmit,
  type LookupAnswer,
  type RequestResult,
  type SubmitResult,
} from './outcomes.ts';
import { at, limitSpec, orderAfter, type Word } from './testing/machines.ts';
import { ModelVenue, reportOf } from './testing/model-venue.ts';

const CONTEXT = { at: at(6), visibilityDelayMs: 2_000 };
const failed = <Kind extends string>(kind: Kind) => ({ kind, nativeCode: '-1', message: 'because' });

const venueOrder = (filled: string | null = null) => {
  const venue = new ModelVenue();
  const order = venue.place('c1', limitSpec, at(1));
  if (filled !== null) venue.fill(order, filled, at(2));
  return { venue, order };
};
const placed = (filled: string | null = null): SubmitResult => ({
  kind: 'placed',
  report: reportOf(venueOrder(filled).order, 'submit', at(1), 'all'),
});

const legPhase = (order: OrderMachine): string => order.legs.at(-1)?.phase ?? 'none';
const phases = (order: OrderMachine): string => order.requests.map((request) => request.phase).join(' ');

// What became of a submission, and what it makes of the order.
// prettier-ignore
const SUBMISSIONS: readonly (readonly [readonly Word[], string, SubmitResult, string, string, boolean])[] = [
  // order before                                outcome                        life                leg        asks
  [['validated', 'sent'],                        'placed',        placed(),                'ACKNOWLEDGED',     'live',    false],
  [['validated', 'sent'],                        'placed, part filled', placed('0.4'),     'PARTIALLY_FILLED', 'live',    false],
  [['validated', 'sent'],                        'placed and filled',   placed('1'),       'FILLED',           'live',    false],
  [['validated', 'sent'],                        'not placed',    failed('notPlaced'),     'REJECTED',         'ended',   false],
  [['validated', 'sent'],                        'key refused',   failed('auth'),          'REJECTED',         'ended',   false],
  [['validated', 'sent'],                        'rate limited',  failed('rateLimited'),   'SUBMITTED',        'absent',  false],
  [['validated', 'sent'],                        'not sent',      failed('notSent'),       'SUBMITTED',        'absent',  false],
  [['validated', 'sent'],                        'unknown',       failed('unknown'),       'SUBMITTED',        'unknown', true],
  [['validated', 'sent'],                        'duplicate',     failed('duplicate'),     'SUBMITTED',        'unknown', true],
  // The stream was faster than the answer.
  [['validated', 'sent', 'acked'],               'not sent',      failed('notSent'),       'ACKNOWLEDGED',     'live',    false],
  [['validated', 'sent', 'acked'],               'unknown',       failed('unknown'),       'ACKNOWLEDGED',     'live',    true],
  [['validated', 'sent', 'fill 0.4'],            'not placed',    failed('notPlaced'),     'PARTIALLY_FILLED', 'live',    true],
  [['validated', 'sent', 'cancelled'],           'unknown',       failed('unknown'),       'CANCELLED',        'ended',   true],
  // Found unknown before the answer came in.
  [['validated', 'sent', 'unanswered'],          'not placed',    failed('notPlaced'),     'REJECTED',         'ended',   false],
  [['validated', 'sent', 'unanswered'],          'not sent',      failed('notSent'),       'SUBMITTED',        'absent',  false],
];

describe('foldSubmit', () => {
  test.each(SUBMISSIONS)('%s: %s', (story, _name, result, life, phase, asks) => {
    const folded = foldSubmit(orderAfter(...story), 'c1', result, CONTEXT);
    expect([folded.machine.life, legPhase(folded.machine), folded.question !== null]).toEqual([life, phase, asks]);
  });

  test('the refusal of a new leg ends the order with its reason; of an older leg it changes nothing', () => {
    const order = orderAfter(
      'validated',
      'sent',
      'acked',
      'change wanted',
      'two-step sent',
      'old leg over',
      'new leg sent',
    );
    const refused = foldSubmit(order, 'c2', failed('notPlaced'), CONTEXT).machine;
    expect([refused.life, refused.end?.reason, phases(refused)]).toEqual(['CANCELLED', '-1: because', 'refused']);
    expect(foldSubmit(order, 'c1', failed('notPlaced'), CONTEXT).machine).toBe(order);
  });

  test('a native code is told once', () => {
    const result: SubmitResult = { kind: 'notPlaced', nativeCode: '-2010', message: '-2010 Insufficient balance' };
    expect(foldSubmit(orderAfter('validated', 'sent'), 'c1', result, CONTEXT).machine.end?.reason).toBe(
      '-2010 Insufficient balance',
    );
  });
});

const CANCELLING = ['validated', 'sent', 'acked', 'cancel wanted', 'cancel sent'] as const satisfies readonly Word[];
const AMENDING = ['validated', 'sent', 'acked', 'change wanted', 'amend sent'] as const satisfies readonly Word[];
const TWO_STEP = ['validated', 'sent', 'acked', 'change wanted', 'two-step sent'] as const satisfies readonly Word[];

const accepted = (change: (given: ReturnType<typeof venueOrder>) => void): RequestResult => {
  const given = venueOrder();
  change(given);
  return { kind: 'accepted', report: reportOf(given.order, 'cancel', at(3), 'all') };
};
const cancelled = accepted(({ venue, order }) => venue.end(order, 'CANCELLED', at(3)));
const amended = accepted(({ venue, order }) => venue.amend(order, { size: '2', price: '101' }, at(3)));
const filledFirst = accepted(({ venue, order }) => venue.fill(order, '1', at(3)));
const part = accepted(({ venue, order }) => {
  venue.fill(order, '0.4', at(2));
  venue.end(order, 'CANCELLED', at(3));
});
const taken: RequestResult = { kind: 'accepted', report: null };

// What became of a cancel or a change.
// prettier-ignore
const REQUESTS: readonly (readonly [string, readonly Word[], string, RequestResult, string, string, boolean])[] = [
  // request        order before  outcome                              life                request         in doubt
  ['cancel',        CANCELLING,   'done',             cancelled,                'CANCELLED',        'applied',      false],
  ['cancel',        CANCELLING,   'done, part filled', part,                    'CANCELLED',        'applied',      false],
  ['cancel',        CANCELLING,   'filled first',     filledFirst,              'FILLED',           'pending',      false],
  ['cancel',        CANCELLING,   'taken',            taken,                    'ACKNOWLEDGED',     'pending',      false],
  ['cancel',        CANCELLING,   'refused',          failed('refused'),        'ACKNOWLEDGED',     'refused',      false],
  ['cancel',        CANCELLING,   'unknown order',    failed('unknownOrder'),   'ACKNOWLEDGED',     'refused',      true],
  ['cancel',        CANCELLING,   'rate limited',     failed('rateLimited'),    'ACKNOWLEDGED',     'wanted',       false],
  ['cancel',        CANCELLING,   'not sent',         failed('notSent'),        'ACKNOWLEDGED',     'wanted',       false],
  ['cancel',        CANCELLING,   'key refused',      failed('auth'),           'ACKNOWLEDGED',     'wanted',       false],
  ['cancel',        CANCELLING,   'unknown',          failed('unknown'),        'ACKNOWLEDGED',     'unknown',      true],
  ['change',        AMENDING,     'done',             amended,                  'ACKNOWLEDGED',     'applied',      false],
  ['change',        AMENDING,     'taken',            taken,                    'ACKNOWLEDGED',     'pending',      false],
  ['change',        AMENDING,     'refused',          failed('refused'),        'ACKNOWLEDGED',     'refused',      false],
  ['change',        AMENDING,     'unknown order',    failed('unknownOrder'),   'ACKNOWLEDGED',     'refused',      true],
  ['change',        AMENDING,     'not sent',         failed('notSent'),        'ACKNOWLEDGED',     'wanted',       false],
  ['change',        AMENDING,     'unknown',          failed('unknown'),        'ACKNOWLEDGED',     'unknown',      true],
  // Two steps: the first is a cancel of the old leg, which ends the leg and not the order.
  ['change',        TWO_STEP,     'done',             cancelled,                'ACKNOWLEDGED',     'sent',         false],
  ['change',        TWO_STEP,     'done, part filled', part,                    'PARTIALLY_FILLED', 'sent',         false],
  ['change',        TWO_STEP,     'filled first',     filledFirst,              'FILLED',           'sent',         false],
  ['change',        TWO_STEP,     'taken',            taken,                    'ACKNOWLEDGED',     'sent',         false],
  ['change',        TWO_STEP,     'refused',          failed('refused'),        'ACKNOWLEDGED',     'refused',      false],
  ['change',        TWO_STEP,     'unknown order',    failed('unknownOrder'),   'ACKNOWLEDGED',     'unknown',      true],
  ['change',        TWO_STEP,     'unknown',          failed('unknown'),        'ACKNOWLEDGED',     'unknown',      true],
];

test('that a cancel is taken does not answer which fee an execution had', () => {
  const { venue, order } = venueOrder('0.4');
  venue.end(order, 'CANCELLED', at(3));
  const report = reportOf(order, 'stream', at(3), 'all');
  const bare = { ...report, fills: report.fills.map((fill) => ({ ...fill, fee: null })) };
  const question = (told: typeof report) =>
    foldRequest(fold(orderAfter(...CANCELLING), told, CONTEXT).machine, 'cancel', taken, CONTEXT).question;
  expect([question(bare), question(report)]).toEqual(['the fee of an execution is not told', null]);
});

describe('foldRequest', () => {
  test.each(REQUESTS)('%s of %s: %s', (id, story, _name, result, life, phase, doubt) => {
    const { machine } = foldRequest(orderAfter(...story), id, result, CONTEXT);
    expect([machine.life, phases(machine), machine.unknownSince !== null]).toEqual([life, phase, doubt]);
  });

  test('the old leg of two steps is over once its cancel is done, and only then', () => {
    expect(legPhase(foldRequest(orderAfter(...TWO_STEP), 'change', cancelled, CONTEXT).machine)).toBe('ended');
    expect(legPhase(foldRequest(orderAfter(...TWO_STEP), 'change', taken, CONTEXT).machine)).toBe('live');
  });

  test('a change that fills have overtaken is refused by the exchange and still wanted: it ends the order', () => {
    const story = orderAfter('validated', 'sent', 'acked');
    const folding = new Folding(story, CONTEXT);
    const terms = { ...story.terms, size: '0.4' };
    folding.apply({ type: 'ReplaceRequested', requestId: 'less', generation: 2, terms, by: 'client' }, 'client');
    folding.apply({ type: 'ReplaceSent', requestId: 'less', how: 'AMEND', deadlineAt: at(9) }, 'system');
    expect(phases(foldRequest(folding.order, 'less', failed('refused'), CONTEXT).machine)).toBe('refused');
    const { order } = venueOrder('0.4');
    const filled = fold(folding.order, reportOf(order, 'stream', at(5), 'all'), CONTEXT).machine;
    expect(phases(foldRequest(filled, 'less', failed('refused'), CONTEXT).machine)).toBe('wanted');
  });

  test('an answer to a request that nobody knows changes nothing', () => {
    const order = orderAfter(...CANCELLING);
    expect(foldRequest(order, 'other', failed('refused'), CONTEXT).machine).toBe(order);
  });

  test('whatever is not proved to be done is asked for', () => {
    for (const result of [taken, failed('unknown'), failed('unknownOrder'), failed('refused')])
      expect(foldRequest(orderAfter(...CANCELLING), 'cancel', result, CONTEXT).question).not.toBeNull();
    expect(foldRequest(orderAfter(...CANCELLING), 'cancel', cancelled, CONTEXT).question).toBeNull();
  });
});

const nothing: LookupAnswer = {
  order: null,
  fills: [],
  fillsComplete: true,
  askedAt: at(8),
  provesAbsence: true,
  error: null,
};
const found = (change: (given: ReturnType<typeof venueOrder>) => void = () => undefined): LookupAnswer => {
  const given = venueOrder();
  change(given);
  const report = reportOf(given.order, 'lookup', at(8), 'all');
  return { ...nothing, provesAbsence: false, order: report.order, fills: report.fills };
};
const IN_DOUBT = ['validated', 'sent', 'unanswered'] as const satisfies readonly Word[];
const RESTING = ['validated', 'sent', 'acked'] as const satisfies readonly Word[];
const STRAY = ['validated', 'sent', 'notSent', 'gave up', 'found alive'] as const satisfies readonly Word[];

// What a look-up makes of the order.
// prettier-ignore
const LOOKUPS: readonly (readonly [readonly Word[], string, LookupAnswer, string, string, boolean])[] = [
  // order before                                       answer                       life           leg        in doubt
  [IN_DOUBT,                                            'found',            found(),                                                     'ACKNOWLEDGED', 'live',    false],
  [IN_DOUBT,                                            'found filled',     found(({ venue, order }) => venue.fill(order, '1', at(2))),  'FILLED',       'live',    false],
  [IN_DOUBT,                                            'found cancelled',  found(({ venue, order }) => venue.end(order, 'CANCELLED', at(2))), 'CANCELLED', 'ended', false],
  // Absence is never folded: the planner collects it.
  [IN_DOUBT,                                            'nowhere',          nothing,                                                     'SUBMITTED',    'unknown', true],
  [IN_DOUBT,                                            'failed',           { ...nothing, provesAbsence: false, error: 'timeout' },      'SUBMITTED',    'unknown', true],
  [[...RESTING, 'vanished'],                            'found open',       found(),                                                     'ACKNOWLEDGED', 'live',    false],
  [[...RESTING, 'vanished'],                            'found filled',     found(({ venue, order }) => venue.fill(order, '1', at(2))),  'FILLED',       'live',    false],
  [RESTING,                                             'nowhere',          nothing,                                                     'ACKNOWLEDGED', 'live',    true],
  [RESTING,                                             'not everywhere',   { ...nothing, provesAbsence: false },                        'ACKNOWLEDGED', 'live',    false],
  [RESTING,                                             'failed',           { ...nothing, provesAbsence: false, error: 'timeout' },      'ACKNOWLEDGED', 'live',    false],
];

describe('foldLookup', () => {
  test.each(LOOKUPS)('%s: %s', (story, _name, answer, life, phase, doubt) => {
    const { machine } = foldLookup(orderAfter(...story), answer, CONTEXT);
    expect([machine.life, legPhase(machine), machine.unknownSince !== null]).toEqual([life, phase, doubt]);
  });

  test('a look-up that was asked before the doubt began does not settle it', () => {
    const order = orderAfter(...RESTING, 'vanished');
    expect(foldLookup(order, { ...found(), askedAt: at(-1) }, CONTEXT).machine).toBe(order);
  });

  test('a stray that every place denies is over, and so is one that was filled', () => {
    const stray = orderAfter(...STRAY);
    expect(stray.stray).toBe(true);
    expect(foldLookup(stray, nothing, CONTEXT).machine).toMatchObject({ stray: false, life: 'FAILED' });
    expect(foldLookup(stray, { ...nothing, provesAbsence: false }, CONTEXT).machine.stray).toBe(true);
    const filled = foldLookup(
      stray,
      found(({ venue, order }) => venue.fill(order, '1', at(2))),
      CONTEXT,
    ).machine;
    expect([filled.life, filled.stray, phases(filled)]).toEqual(['FILLED', false, 'overtaken']);
  });

  test('a cancel in doubt is wanted again only after its deadline has passed, without the delay of the listings', () => {
    const order = orderAfter(...CANCELLING, 'cancel unanswered');
    expect(phases(foldLookup(order, { ...found(), askedAt: at(5) }, CONTEXT).machine)).toBe('unknown');
    expect(phases(foldLookup(order, { ...found(), askedAt: at(5.001) }, CONTEXT).machine)).toBe('wanted');
  });

  test('a cancel in doubt of an order that was filled first is refused, so that the order is done', () => {
    const order = orderAfter(...CANCELLING, 'cancel unanswered', 'fill 1');
    const { machine } = foldLookup(
      order,
      found(({ venue, order: held }) => venue.fill(held, '1', at(2))),
      CONTEXT,
    );
    expect([machine.life, phases(machine), machine.unknownSince]).toEqual(['FILLED', 'refused', null]);
  });
});
