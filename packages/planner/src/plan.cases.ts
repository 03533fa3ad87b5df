import type { OrderSpec } from '@orderplane/domain';
import type { Way } from './group-turns.ts';
import type { GroupView } from './groups.ts';
import type { Actual, Halt, PlannerCapabilities, PlannerLimits } from './model.ts';
import { at, limitSpec, START, type Word } from './testing/machines.ts';

/**
 * What the planner does, case by case. Every request may reach the exchange until second 5, its listings lag 2 s, two
 * look-ups of a proof are 2 s apart, evidence is stale after 60 s, doubt needs attention after 120 s. `now` is in
 * seconds after the story, which all happens in second 0.
 */
export interface PlanCase {
  readonly desired: string;
  readonly observed: string;
  readonly step: string;
  readonly why: string;
  readonly story: readonly Word[];
  readonly now: number;
  readonly spec: OrderSpec;
  readonly dark: boolean;
  readonly work: Partial<Actual>;
  readonly capabilities: Partial<PlannerCapabilities>;
  readonly limits: Partial<PlannerLimits>;
  readonly halt: Halt | null;
  readonly group: GroupView | null;
}

interface Besides {
  readonly now?: number;
  readonly dark?: boolean;
  readonly work?: Partial<Actual>;
  readonly can?: Partial<PlannerCapabilities>;
  readonly group?: GroupView;
  readonly limits?: Partial<PlannerLimits>;
  readonly halt?: Halt;
}

const SPECS = {
  limit: limitSpec,
  'limit, dark': limitSpec,
  'limit IOC': { ...limitSpec, timeInForce: 'IOC' },
  market: { ...limitSpec, type: 'MARKET', price: null },
  'GTT till 0:30': { ...limitSpec, timeInForce: 'GTT', expiresAt: at(30) },
  'GTT till 0:30, dark': { ...limitSpec, timeInForce: 'GTT', expiresAt: at(30) },
} as const satisfies Record<string, OrderSpec>;

const row = (
  desired: keyof typeof SPECS,
  observed: string,
  story: readonly Word[],
  besides: Besides,
  step: string,
  why: string,
): PlanCase => ({
  desired,
  observed,
  step,
  why,
  story,
  now: besides.now ?? 1,
  spec: SPECS[desired],
  dark: desired.endsWith('dark'),
  work: besides.work ?? {},
  capabilities: besides.can ?? {},
  group: besides.group ?? null,
  limits: besides.limits ?? {},
  halt: besides.halt ?? null,
});

const asked = (...seconds: number[]): Partial<Actual> => ({
  attempts: seconds.length,
  absentLookups: seconds.map((second) => ({ askedAt: at(second), provesAbsence: true })),
});
const partly = (second: number): Partial<Actual> => ({
  attempts: 1,
  absentLookups: [{ askedAt: at(second), provesAbsence: false }],
});
const TWENTY_REFUSALS: readonly Word[] = [
  'validated',
  ...Array.from({ length: 20 }, (): readonly Word[] => ['sent', 'notSent']).flat(),
];
/** Beside an order of the same size that has filled so much; nothing of this one is filled. */
const beside = (onPartialFill: GroupView['onPartialFill'], filled: string): GroupView => ({
  groupId: 'group',
  onPartialFill,
  self: { orderId: 'order-1', symbol: limitSpec.symbol, size: '1', filled: '0', isFilled: false },
  siblings: [{ orderId: 'order-2', symbol: limitSpec.symbol, size: '1', filled, isFilled: filled === '1' }],
  market: { sizeStep: '0.01', minSize: '0.05', minNotional: null },
});
/** Fired, beside an order that is on its way as this says. */
const racing = (way: Way): GroupView => {
  const { self, siblings, ...view } = beside('CANCEL', '0');
  const fired = { kind: 'fired', priceAt: START, firedAt: START, takes: null } as const;
  return { ...view, self: { ...self, way: fired }, siblings: siblings.map((sibling) => ({ ...sibling, way })) };
};
const AMENDS = { amend: 'sizeAndPrice' } as const;
/** The kill switch of second 0: what is open ends, or stays. */
const ENDS = { halt: { cancelOpenBefore: START } } as const;
const STAYS = { halt: { cancelOpenBefore: null } } as const;
const ANSWERED = { limits: { submittedMs: 20_000 } } as const;
const NATIVE_GTT = { nativeGtt: true } as const;

// prettier-ignore
export const PLAN_CASES: readonly PlanCase[] = [
  // Not at the exchange yet
  row('limit',         'created, not validated',                          [],                                            {},                                                    'Hold',                      'not validated yet'),
  row('limit',         'validated',                                       ['validated'],                                 {},                                                    'Submit first',              'validated, never sent'),
  row('limit, dark',   'validated',                                       ['validated'],                                 {},                                                    'Hold',                      'not armed yet'),
  row('limit, dark',   'dark, condition open',                            ['validated', 'armed'],                        {},                                                    'Hold',                      'waits for its trigger'),
  row('limit, dark',   'triggered',                                       ['validated', 'armed', 'triggered'],           {},                                                    'Check',                     'triggered: the checks before a trade come first'),
  row('limit, dark',   'triggered and checked',                           ['validated', 'armed', 'triggered'],           { work: { cleared: 0 } },                              'Submit first',              'triggered and checked, never sent'),
  row('limit, dark',   'changed, then triggered and checked',             ['validated', 'armed', 'change wanted', 'triggered'], { work: { cleared: 1 } },                       'Submit first',              'triggered and checked, never sent'),
  row('limit, dark',   'triggered and checked, then changed',             ['validated', 'armed', 'triggered', 'change wanted'], { work: { cleared: 0 } },                       'Check',                     'triggered: the checks before a trade come first'),
  row('limit, dark',   'triggered, refused by a check',                   ['validated', 'armed', 'triggered', 'denied'], {},                                                    'Settle',                    'ended, nothing open, nothing in doubt'),
  row('limit, dark',   'cancelled in the dark',                           ['validated', 'armed', 'cancel wanted'],       {},                                                    'Settle',                    'ended, nothing open, nothing in doubt'),
  row('limit, dark',   'triggered, cancelled before it was sent',         ['validated', 'armed', 'triggered', 'cancel wanted'], { work: { cleared: 0 } },                       'Settle',                    'ended, nothing open, nothing in doubt'),
  row('GTT till 0:30, dark', 'dark, its time not over',                   ['validated', 'armed'],                        {},                                                    'RecheckAt 30 s',            'waits for its trigger; our timer ends it'),
  row('GTT till 0:30, dark', 'dark, its time over',                       ['validated', 'armed'],                        { now: 30 },                                           'Record TimedOut',           'due by time or by a lost sender'),
  row('GTT till 0:30, dark', 'triggered and checked, its time over',      ['validated', 'armed', 'triggered'],           { now: 30, work: { cleared: 0 } },                     'Record TimedOut',           'due by time or by a lost sender'),
  row('limit, dark',   'dark, another of its group has filled',           ['validated', 'armed'],                        { group: beside('CANCEL', '0.1') },                    'Record CancelRequested',    'due by time or by a lost sender'),
  row('limit, dark',   'triggered and checked, another of its group has filled a part', ['validated', 'armed', 'triggered'], { group: beside('REDUCE', '0.4'), work: { cleared: 0 } }, 'Record ReplaceRequested', 'due by time or by a lost sender'),
  row('limit, dark',   'triggered and checked, another of its group is on its way', ['validated', 'armed', 'triggered'], { group: racing({ kind: 'sent', restsAt: null }), work: { cleared: 0 } }, 'RecheckAt 1.25 s', 'waits for another order of its group: order-2'),
  row('limit, dark',   'triggered and checked, another of its group has come to rest', ['validated', 'armed', 'triggered'], { now: 2, group: racing({ kind: 'sent', restsAt: at(2) }), work: { cleared: 0 } }, 'Submit first', 'triggered and checked, never sent'),
  row('GTT till 0:30', 'validated, its time not over',                    ['validated'],                                 {},                                                    'Submit first',              'validated, never sent'),
  row('GTT till 0:30', 'validated, its time over',                        ['validated'],                                 { now: 31 },                                           'Record TimedOut',           'due by time or by a lost sender'),
  row('limit',         'refused by us',                                   ['denied'],                                    {},                                                    'Settle',                    'ended, nothing open, nothing in doubt'),

  // Sent, and no answer: looked up until found or proved absent, never sent again before
  row('limit',         'sent, its sender is gone',                        ['validated', 'sent'],                         {},                                                    'Record SubmitUnknown',      'due by time or by a lost sender'),
  row('limit',         'outcome unknown',                                 ['validated', 'sent', 'unanswered'],           {},                                                    'Lookup',                    'the outcome of the submission is unknown'),
  row('limit',         'unknown, the exchange says the id exists',        ['validated', 'sent', 'duplicate'],            {},                                                    'Lookup',                    'the outcome of the submission is unknown'),
  row('limit',         'unknown, looked up early, backing off',           ['validated', 'sent', 'unanswered'],           { now: 2, work: { ...asked(1), nextAttemptAt: at(3) } }, 'RecheckAt 3 s',           'looked up lately, outcome still unknown'),
  row('limit',         'unknown, looked up early, backoff over',          ['validated', 'sent', 'unanswered'],           { now: 3, work: { ...asked(1), nextAttemptAt: at(3) } }, 'Lookup',                  'the outcome of the submission is unknown'),
  row('limit',         'unknown, next try later than the first that counts', ['validated', 'sent', 'unanswered'],        { now: 4, work: { ...asked(1, 3), nextAttemptAt: at(40) } }, 'RecheckAt 7 s',       'looked up lately, outcome still unknown'),
  row('limit',         'unknown, a look-up would count now, backing off', ['validated', 'sent', 'unanswered'],           { now: 7, work: { ...asked(1, 3), nextAttemptAt: at(40) } }, 'Lookup',              'the outcome of the submission is unknown'),
  row('limit',         'unknown, one "no" that counts, its pair not due', ['validated', 'sent', 'unanswered'],           { now: 8, work: { ...asked(7), nextAttemptAt: at(40) } }, 'RecheckAt 9 s',          'looked up lately, outcome still unknown'),
  row('limit',         'unknown, one "no" that counts, its pair due',     ['validated', 'sent', 'unanswered'],           { now: 9, work: { ...asked(7), nextAttemptAt: at(40) } }, 'Lookup',                 'the outcome of the submission is unknown'),
  row('limit',         'unknown, the look-up that should count failed',   ['validated', 'sent', 'unanswered'],           { now: 8, work: { ...partly(7), nextAttemptAt: at(12) } }, 'RecheckAt 12 s',        'backing off: the outcome of the submission is unknown'),
  row('limit',         'unknown, two "no" too close to each other',       ['validated', 'sent', 'unanswered'],           { now: 9, work: asked(7, 8) },                         'Lookup',                    'the outcome of the submission is unknown'),
  row('limit',         'unknown, two "no" before the deadline',           ['validated', 'sent', 'unanswered'],           { now: 7, work: asked(1, 4) },                         'Lookup',                    'the outcome of the submission is unknown'),
  row('limit',         'unknown, two "no" after it, both complete',       ['validated', 'sent', 'unanswered'],           { now: 9, work: asked(7, 9) },                         'Record OrderAbsent',        'absence is proven'),
  row('limit',         'unknown for more than two minutes',               ['validated', 'sent', 'unanswered'],           { now: 130 },                                          'Escalate, look up',         'in doubt since second 0: the outcome of the submission is unknown'),
  row('limit',         'proved absent',                                   ['validated', 'sent', 'notSent'],              {},                                                    'Submit again',              'proved absent: the same leg is sent again'),
  row('limit',         'proved absent, backing off',                      ['validated', 'sent', 'notSent'],              { work: { attempts: 1, nextAttemptAt: at(4) } },       'RecheckAt 4 s',             'backing off: proved absent: the same leg is sent again'),
  row('limit',         'proved absent for the twentieth time',            TWENTY_REFUSALS,                               {},                                                    'Submit again',              'proved absent: the same leg is sent again'),
  row('GTT till 0:30', 'proved absent, its time over',                    ['validated', 'sent', 'notSent'],              { now: 31 },                                           'Record TimedOut',           'due by time or by a lost sender'),
  row('GTT till 0:30', 'outcome unknown, its time over, ours to end',     ['validated', 'sent', 'unanswered'],           { now: 31 },                                           'Record TimedOut',           'due by time or by a lost sender'),
  row('limit',         'unknown, a cancel is wanted',                     ['validated', 'sent', 'unanswered', 'cancel wanted'], {},                                             'Lookup',                    'the outcome of the submission is unknown'),

  // Resting
  row('limit',         'rests',                                           ['validated', 'sent', 'acked'],                {},                                                    'Settle',                    'rests at the exchange as desired'),
  row('limit',         'rests, partly filled',                            ['validated', 'sent', 'fill 0.4'],             {},                                                    'Settle',                    'rests at the exchange as desired'),
  row('limit',         'rests, no evidence for a minute',                 ['validated', 'sent', 'acked'],                { now: 61, work: { lastEvidenceAt: at(1) } },          'Lookup',                    'no evidence within the staleness bound'),
  row('limit',         'rests, a report raised a question',               ['validated', 'sent', 'acked'],                { work: { attempts: 1 } },                             'Lookup',                    'a question to the exchange is open'),
  row('limit',         'missing in a complete list',                      ['validated', 'sent', 'acked', 'vanished'],    {},                                                    'Lookup',                    'something about the order is in doubt'),
  row('limit',         'missing for more than two minutes',               ['validated', 'sent', 'acked', 'vanished'],    { now: 121 },                                          'Escalate, look up',         'in doubt since second 0: something about the order is in doubt'),
  row('limit IOC',     'seems to rest',                                   ['validated', 'sent', 'acked'],                {},                                                    'Lookup',                    'should have ended at once'),
  row('market',        'seems to rest',                                   ['validated', 'sent', 'acked'],                {},                                                    'Lookup',                    'should have ended at once'),
  row('market',        'seems to rest for more than two minutes',         ['validated', 'sent', 'acked'],                { now: 130 },                                          'Escalate, look up',         'rests since second 0, and should have ended at once'),
  row('GTT till 0:30', 'rests, ours to end',                              ['validated', 'sent', 'acked'],                {},                                                    'RecheckAt 30 s',            'rests; our timer ends it'),
  row('GTT till 0:30', 'rests, its time over, ours to end',               ['validated', 'sent', 'acked'],                { now: 30 },                                           'Record TimedOut',           'due by time or by a lost sender'),
  row('GTT till 0:30', 'rests, the exchange ends it',                     ['validated', 'sent', 'acked'],                { now: 31, can: NATIVE_GTT },                          'Settle',                    'rests at the exchange as desired'),
  row('GTT till 0:30', 'the timer wants a cancel',                        ['validated', 'sent', 'acked', 'timer cancel'], { now: 31 },                                          'Cancel',                    'a cancel is wanted'),
  row('GTT till 0:30', 'the timer\'s cancel was refused just now',        ['validated', 'sent', 'acked', 'timer cancel', 'timer cancel sent', 'timer cancel refused'], { now: 31, work: { attempts: 1, nextAttemptAt: at(32) } }, 'RecheckAt 32 s', 'backing off: a question to the exchange is open'),
  row('GTT till 0:30', 'the timer\'s cancel was refused a while ago',     ['validated', 'sent', 'acked', 'timer cancel', 'timer cancel sent', 'timer cancel refused'], { now: 33 }, 'Record TimedOut',           'due by time or by a lost sender'),

  // Cancel
  row('limit',         'rests, a cancel is wanted',                       ['validated', 'sent', 'acked', 'cancel wanted'], {},                                                  'Cancel',                    'a cancel is wanted'),
  row('limit',         'a cancel is wanted, backing off',                 ['validated', 'sent', 'acked', 'cancel wanted'], { work: { attempts: 1, nextAttemptAt: at(4) } },     'RecheckAt 4 s',             'backing off: a cancel is wanted'),
  row('limit',         'cancel sent, its sender is gone',                 ['validated', 'sent', 'acked', 'cancel wanted', 'cancel sent'], {},                                   'Record RequestUnknown',     'due by time or by a lost sender'),
  row('limit',         'cancel in doubt',                                 ['validated', 'sent', 'acked', 'cancel wanted', 'cancel sent', 'cancel unanswered'], {},              'Lookup',                    'something about the order is in doubt'),
  row('limit',         'cancel taken, not seen yet',                      ['validated', 'sent', 'acked', 'cancel wanted', 'cancel sent', 'cancel pending'], {},                 'Lookup',                    'a cancel waits for its proof'),
  row('limit',         'cancel refused: "unknown order"',                 ['validated', 'sent', 'acked', 'cancel wanted', 'cancel sent', 'cancel of unknown order'], {},        'Lookup',                    'something about the order is in doubt'),
  row('limit',         'cancel refused, the order rests',                 ['validated', 'sent', 'acked', 'cancel wanted', 'cancel sent', 'cancel refused'], {},                 'Settle',                    'rests at the exchange as desired'),

  // Change
  row('limit',         'a change is wanted, the exchange amends',         ['validated', 'sent', 'acked', 'change wanted'], { can: AMENDS },                                     'Amend',                     'a change is wanted'),
  row('limit',         'a change is wanted, the exchange does not amend', ['validated', 'sent', 'acked', 'change wanted'], {},                                                  'Cancel',                    'a change in two steps: first the old leg must end'),
  row('limit',         'shrink to what is filled',                        ['validated', 'sent', 'fill 0.4', 'shrink wanted'], { can: AMENDS },                                  'Cancel',                    'a change in two steps: first the old leg must end'),
  row('limit',         'a change and a cancel are wanted',                ['validated', 'sent', 'acked', 'change wanted', 'cancel wanted'], { can: AMENDS },                    'Cancel',                    'a cancel is wanted'),
  row('limit',         'amend sent, its sender is gone',                  ['validated', 'sent', 'acked', 'change wanted', 'amend sent'], { can: AMENDS },                       'Record RequestUnknown',     'due by time or by a lost sender'),
  row('limit',         'amend in doubt',                                  ['validated', 'sent', 'acked', 'change wanted', 'amend sent', 'change unanswered'], { can: AMENDS },  'Lookup',                    'something about the order is in doubt'),
  row('limit',         'amend taken, not seen yet',                       ['validated', 'sent', 'acked', 'change wanted', 'amend sent', 'change pending'], { can: AMENDS },     'Lookup',                    'a replace waits for its proof'),
  row('limit',         'two steps: the cancel is sent',                   ['validated', 'sent', 'acked', 'change wanted', 'two-step sent'], {},                                 'Lookup',                    'a replace waits for its proof'),
  row('limit',         'two steps: the old leg is over',                  ['validated', 'sent', 'acked', 'change wanted', 'two-step sent', 'old leg over'], {},                 'Submit newLeg',             'the old leg is proved over: place the rest'),
  row('limit',         'two steps: old leg over, 0.4 filled',             ['validated', 'sent', 'fill 0.4', 'change wanted', 'two-step sent', 'old leg over'], {},              'Submit newLeg of 1.6',      'the old leg is proved over: place the rest'),
  row('limit',         'two steps: the old leg filled all that was wished', ['validated', 'sent', 'fill 0.4', 'shrink wanted', 'two-step sent', 'old leg over'], {},            'Settle',                    'ended, nothing open, nothing in doubt'),
  row('limit',         'two steps: the old leg filled all that was wished, a newer wish is for more', ['validated', 'sent', 'fill 0.4', 'shrink wanted', 'two-step sent', 'newer change wanted', 'old leg over'], {}, 'Record ReplaceSent', 'the old leg is over: the newest wish is placed'),
  row('limit',         'two steps: the old leg is over, a newer wish came', ['validated', 'sent', 'acked', 'change wanted', 'two-step sent', 'newer change wanted', 'old leg over'], {}, 'Record ReplaceSent', 'the old leg is over: the newest wish is placed'),
  row('limit',         'two steps: old leg over, two newer wishes: none is left to undo the newest', ['validated', 'sent', 'acked', 'change wanted', 'two-step sent', 'newer change wanted', 'newest change wanted', 'old leg over'], {}, 'Record ReplaceSent, ReplaceSent', 'the old leg is over: the newest wish is placed'),
  row('limit',         'two steps: old leg over, a newer wish is filled already', ['validated', 'sent', 'fill 0.4', 'change wanted', 'two-step sent', 'newer shrink wanted', 'old leg over'], {}, 'Record ReplaceSent, LegEnded', 'the old leg is over: the newest wish is placed'),
  row('limit',         'two steps: new leg sent, its sender is gone',     ['validated', 'sent', 'acked', 'change wanted', 'two-step sent', 'old leg over', 'new leg sent'], {}, 'Record SubmitUnknown',      'due by time or by a lost sender'),
  row('limit',         'two steps: the new leg is in doubt',              ['validated', 'sent', 'acked', 'change wanted', 'two-step sent', 'old leg over', 'new leg sent', 'unanswered'], {}, 'Lookup',       'the outcome of the submission is unknown'),
  row('limit',         'two steps: the new leg was not sent',             ['validated', 'sent', 'acked', 'change wanted', 'two-step sent', 'old leg over', 'new leg sent', 'notSent'], {}, 'Submit newLeg',   'the old leg is proved over: place the rest'),
  row('limit',         'two steps: the new leg rests',                    ['validated', 'sent', 'acked', 'change wanted', 'two-step sent', 'old leg over', 'new leg sent', 'new leg placed'], {}, 'Settle',   'rests at the exchange as desired'),
  row('limit',         'two steps: the new leg is refused',               ['validated', 'sent', 'acked', 'change wanted', 'two-step sent', 'old leg over', 'new leg sent', 'new leg refused'], {}, 'Settle',  'ended, nothing open, nothing in doubt'),
  row('limit',         'two steps: the old leg filled it, new leg in doubt', ['validated', 'sent', 'fill 0.4', 'change wanted', 'two-step sent', 'old leg over', 'new leg sent', 'unanswered', 'fill 0.6', 'fill 1'], { now: 9, work: asked(7, 9) }, 'Record OrderAbsent', 'absence is proven'),

  // Halted, and what is open is to end
  row('limit',         'halted: validated',                               ['validated'],                                 ENDS,                                                  'Record CancelRequested',    'due by time or by a lost sender'),
  row('limit, dark',   'halted: dark, condition open',                    ['validated', 'armed'],                        ENDS,                                                  'Record CancelRequested',    'due by time or by a lost sender'),
  row('limit',         'halted: sent, its sender is gone',                ['validated', 'sent'],                         ENDS,                                                  'Record SubmitUnknown',      'due by time or by a lost sender'),
  row('limit',         'halted: outcome unknown',                         ['validated', 'sent', 'unanswered'],           { ...ENDS, work: { attempts: 3, nextAttemptAt: at(9) } }, 'Record CancelRequested', 'due by time or by a lost sender'),
  row('limit',         'halted: unknown, its cancel is wanted',           ['validated', 'sent', 'unanswered', 'halt cancel'], ENDS,                                             'Lookup',                    'the outcome of the submission is unknown'),
  row('limit',         'halted: proved absent',                           ['validated', 'sent', 'notSent'],              ENDS,                                                  'Record CancelRequested',    'due by time or by a lost sender'),
  row('limit',         'halted: rests',                                   ['validated', 'sent', 'acked'],                ENDS,                                                  'Record CancelRequested',    'due by time or by a lost sender'),
  row('limit',         'halted: rests, its cancel is wanted',             ['validated', 'sent', 'acked', 'halt cancel'], ENDS,                                                  'Cancel',                    'a cancel is wanted'),
  row('limit',         'halted: rests, a cancel of its owner is sent',    ['validated', 'sent', 'acked', 'cancel wanted', 'cancel sent', 'cancel pending'], ENDS,               'Lookup',                    'a cancel waits for its proof'),
  row('limit',         'halted: the cancel was refused just now',         ['validated', 'sent', 'acked', 'halt cancel', 'halt cancel sent', 'halt cancel refused'], { ...ENDS, now: 0 }, 'RecheckAt 1 s',       'rests; our timer ends it'),
  row('limit',         'halted: the cancel was refused a while ago',      ['validated', 'sent', 'acked', 'halt cancel', 'halt cancel sent', 'halt cancel refused'], ENDS,        'Record CancelRequested',    'due by time or by a lost sender'),
  row('limit',         'halted: two steps, the old leg is over',          ['validated', 'sent', 'acked', 'change wanted', 'two-step sent', 'old leg over'], ENDS,               'Record CancelRequested',    'due by time or by a lost sender'),
  row('limit',         'halted: two steps, the cancel was refused, the old leg is over', ['validated', 'sent', 'acked', 'change wanted', 'two-step sent', 'halt cancel', 'halt cancel sent', 'halt cancel refused', 'old leg over'], { ...ENDS, now: 0 }, 'RecheckAt 1 s', 'the account is halted: nothing is sent'),
  row('limit',         'halted: filled',                                  ['validated', 'sent', 'acked', 'fill 1'],      ENDS,                                                  'Settle',                    'ended, nothing open, nothing in doubt'),

  // Halted, and what is open stays: nothing is sent, nothing is raised, the rest goes on
  row('limit',         'halted, open stays: validated',                   ['validated'],                                 STAYS,                                                 'Hold',                      'the account is halted: nothing is sent'),
  row('limit, dark',   'halted, open stays: dark, condition open',        ['validated', 'armed'],                        STAYS,                                                 'Hold',                      'waits for its trigger'),
  row('limit, dark',   'halted, open stays: triggered',                   ['validated', 'armed', 'triggered'],           STAYS,                                                 'Check',                     'triggered: the checks before a trade come first'),
  row('limit, dark',   'halted, open stays: triggered and checked',       ['validated', 'armed', 'triggered'],           { ...STAYS, work: { cleared: 0 } },                    'Hold',                      'the account is halted: nothing is sent'),
  row('limit',         'halted, open stays: outcome unknown',             ['validated', 'sent', 'unanswered'],           STAYS,                                                 'Lookup',                    'the outcome of the submission is unknown'),
  row('limit',         'halted, open stays: proved absent',               ['validated', 'sent', 'notSent'],              STAYS,                                                 'Hold',                      'the account is halted: nothing is sent'),
  row('limit',         'halted, open stays: rests',                       ['validated', 'sent', 'acked'],                STAYS,                                                 'Settle',                    'rests at the exchange as desired'),
  row('limit',         'halted, open stays: a cancel is wanted',          ['validated', 'sent', 'acked', 'cancel wanted'], STAYS,                                               'Cancel',                    'a cancel is wanted'),
  row('limit',         'halted, open stays: a change is wanted',          ['validated', 'sent', 'acked', 'change wanted'], { ...STAYS, can: AMENDS },                           'Hold',                      'the account is halted: a change waits'),
  row('limit',         'halted, open stays: a change waits, no evidence', ['validated', 'sent', 'acked', 'change wanted'], { ...STAYS, now: 61 },                               'Lookup',                    'no evidence within the staleness bound'),
  row('limit',         'halted, open stays: the size is to fall',         ['validated', 'sent', 'acked', 'shrink wanted'], { ...STAYS, can: AMENDS },                           'Amend',                     'a change is wanted'),
  row('limit',         'halted, open stays: it is to fall in two steps',  ['validated', 'sent', 'acked', 'shrink wanted'], STAYS,                                               'Hold',                      'the account is halted: a change waits'),
  row('limit',         'halted, open stays: shrink to what is filled',    ['validated', 'sent', 'fill 0.4', 'shrink wanted'], STAYS,                                            'Cancel',                    'a change in two steps: first the old leg must end'),
  row('limit',         'halted, open stays: we demand that it falls',     ['validated', 'sent', 'acked', 'shrink demanded'], STAYS,                                             'Cancel',                    'a change in two steps: first the old leg must end'),
  row('limit',         'halted, open stays: amend in doubt',              ['validated', 'sent', 'acked', 'change wanted', 'amend sent', 'change unanswered'], { ...STAYS, can: AMENDS }, 'Lookup',        'something about the order is in doubt'),
  row('limit',         'halted, open stays: two steps, old leg over',     ['validated', 'sent', 'acked', 'change wanted', 'two-step sent', 'old leg over'], STAYS,              'Hold',                      'the account is halted: nothing is sent'),
  row('GTT till 0:30', 'halted, open stays: validated, its time not over', ['validated'],                              STAYS,                                                 'RecheckAt 30 s',            'the account is halted: nothing is sent'),
  row('GTT till 0:30', 'halted, open stays: validated, its time over',    ['validated'],                                 { ...STAYS, now: 31 },                                 'Record TimedOut',           'due by time or by a lost sender'),

  // A limit on the time that a submission may take (20 s): its end is a cancel and its proof
  row('limit',         'unknown, the time for an answer not over',        ['validated', 'sent', 'unanswered'],           { ...ANSWERED, now: 19 },                              'Lookup',                    'the outcome of the submission is unknown'),
  row('limit',         'unknown, the time for an answer is over',         ['validated', 'sent', 'unanswered'],           { ...ANSWERED, now: 20, work: { attempts: 3, nextAttemptAt: at(60) } }, 'Record CancelRequested', 'due by time or by a lost sender'),
  row('limit',         'absent, the time for an answer is over',          ['validated', 'sent', 'notSent'],              { ...ANSWERED, now: 20 },                              'Record CancelRequested',    'due by time or by a lost sender'),
  row('limit',         'found after the time for an answer',              ['validated', 'sent', 'acked'],                { ...ANSWERED, now: 20 },                              'Settle',                    'rests at the exchange as desired'),

  // One of a group: what another has filled binds this one
  row('limit',         'in a group, nothing is filled',                   ['validated', 'sent', 'acked'],                { group: beside('CANCEL', '0') },                      'Settle',                    'rests at the exchange as desired'),
  row('limit',         'CANCEL: another is partly filled, this one not sent', ['validated'],                             { group: beside('CANCEL', '0.4') },                    'Record CancelRequested',    'due by time or by a lost sender'),
  row('limit',         'CANCEL: another is partly filled',                ['validated', 'sent', 'acked'],                { group: beside('CANCEL', '0.4') },                    'Record CancelRequested',    'due by time or by a lost sender'),
  row('limit',         'CANCEL: another is partly filled, outcome unknown', ['validated', 'sent', 'unanswered'],         { group: beside('CANCEL', '0.4') },                    'Record CancelRequested',    'due by time or by a lost sender'),
  row('limit',         'CANCEL: another is filled, this one is proved absent', ['validated', 'sent', 'notSent'],         { group: beside('CANCEL', '1') },                      'Record CancelRequested',    'due by time or by a lost sender'),
  row('limit',         'REDUCE: another is filled',                       ['validated', 'sent', 'acked'],                { group: beside('REDUCE', '1') },                      'Record CancelRequested',    'due by time or by a lost sender'),
  row('limit',         'REDUCE: another is filled but for too little',    ['validated', 'sent', 'acked'],                { group: beside('REDUCE', '0.96') },                   'Record CancelRequested',    'due by time or by a lost sender'),
  row('limit',         'REDUCE: another is partly filled, this one not sent', ['validated'],                             { group: beside('REDUCE', '0.4') },                    'Record ReplaceRequested',   'due by time or by a lost sender'),
  row('limit',         'REDUCE: another is partly filled',                ['validated', 'sent', 'acked'],                { group: beside('REDUCE', '0.4') },                    'Record ReplaceRequested',   'due by time or by a lost sender'),
  row('limit',         'REDUCE: to be smaller, the exchange amends',      ['validated', 'sent', 'acked', 'group change wanted'], { group: beside('REDUCE', '0.4'), can: AMENDS }, 'Amend',                   'a change is wanted'),
  row('limit',         'REDUCE: to be smaller, the exchange does not amend', ['validated', 'sent', 'acked', 'group change wanted'], { group: beside('REDUCE', '0.4') },         'Cancel',                    'a change in two steps: first the old leg must end'),
  row('limit',         'REDUCE: smaller, the other has filled no more',   ['validated', 'sent', 'acked', 'group change wanted', 'group amend sent', 'group change done'], { group: beside('REDUCE', '0.4'), can: AMENDS }, 'Settle', 'rests at the exchange as desired'),
  row('limit',         'REDUCE: smaller, the other has filled more',      ['validated', 'sent', 'acked', 'group change wanted', 'group amend sent', 'group change done'], { group: beside('REDUCE', '0.5'), can: AMENDS }, 'Record ReplaceRequested', 'due by time or by a lost sender'),
  row('limit',         'REDUCE: the change was refused just now',         ['validated', 'sent', 'acked', 'group change wanted', 'group amend sent', 'group change refused'], { now: 0.5, group: beside('REDUCE', '0.4'), can: AMENDS }, 'RecheckAt 1 s', 'rests; our timer ends it'),
  row('limit',         'REDUCE: the change was refused a while ago',      ['validated', 'sent', 'acked', 'group change wanted', 'group amend sent', 'group change refused'], { now: 2, group: beside('REDUCE', '0.4'), can: AMENDS }, 'Record ReplaceRequested', 'due by time or by a lost sender'),

  // Over
  row('limit',         'filled',                                          ['validated', 'sent', 'acked', 'fill 1'],      {},                                                    'Settle',                    'ended, nothing open, nothing in doubt'),
  row('limit',         'filled while a cancel is in doubt',               ['validated', 'sent', 'acked', 'cancel wanted', 'cancel sent', 'cancel unanswered', 'fill 1'], {},    'Lookup',                    'requests of an ended order are open'),
  row('limit',         'cancelled',                                       ['validated', 'sent', 'acked', 'cancelled'],   {},                                                    'Settle',                    'ended, nothing open, nothing in doubt'),
  row('limit',         'expired',                                         ['validated', 'sent', 'acked', 'expired'],     {},                                                    'Settle',                    'ended, nothing open, nothing in doubt'),
  row('limit',         'refused by the exchange',                         ['validated', 'sent', 'rejected'],             {},                                                    'Settle',                    'ended, nothing open, nothing in doubt'),
  row('limit',         'refused, then a fill: is something left of it?',  ['validated', 'sent', 'rejected', 'fill 0.4'], { work: { attempts: 1 } },                             'Lookup',                    'a question to the exchange is open'),
  row('limit',         'given up, then found alive',                      ['validated', 'sent', 'notSent', 'gave up', 'found alive'], {},                                       'Cancel',                    'something of an ended order lives'),
  row('limit',         'the cancel of the stray is sent, sender gone',    ['validated', 'sent', 'notSent', 'gave up', 'found alive', 'stray cancel sent'], {},                  'Record RequestUnknown',     'due by time or by a lost sender'),
  row('limit',         'the cancel of the stray is in doubt',             ['validated', 'sent', 'notSent', 'gave up', 'found alive', 'stray cancel sent', 'stray cancel unanswered'], {}, 'Lookup', 'a stray is being cancelled'),
];
