import { block, readTable } from './cells.ts';
import type { Cells, TableEventType } from './cells.ts';

/**
 * The order state machine: what every event does in every state. Nothing else changes a state.
 *
 *   → STATE       go there            qty     the state that fills, size and a remembered end give (quantities.ts)
 *   stay          same state          keep    legal and empty: late, repeated or already known
 *   refuse        a caller's request is refused with a reason
 *   ___           illegal: our own side produced an impossible event. Nothing changes, an alarm is raised, tests throw
 *   odd           the venue contradicts itself. An alarm and a question to the venue; nothing else changes
 *   !             besides, an alarm and a question to the venue
 *   as SUBMITTED  the venue knows an order of ours that was never recorded as sent: SUBMITTED first, then that row
 *   stray         the end stands, but something lives: a cancel for it is wanted
 *   A / B ?guard  the named guard (guards.ts) chooses, or declares the event late (keep) or illegal
 *
 * With → STATE, stay and qty the effects of the event on executions, legs and requests apply (effects/). The row FAILED
 * also stands for CANCELLED, EXPIRED and REJECTED when we said so and not the venue: after the venue's end a sign of
 * life is late mail, after our own conclusion it is a stray. Known executions, answers to closed requests and mail of
 * older legs never get here (mail.ts).
 */
const ___ = null;

// prettier-ignore
export const TABLE = [
  // Our own side
  block(
    [               'Validated',   'Denied',     'Armed',       'Triggered',   'TimedOut',                       'SubmitSent',      'GaveUp' ],
    [
      ['CREATED',   '→ VALIDATED', '→ REJECTED', ___,           ___,           '→ EXPIRED',                      ___,               '→ FAILED'],
      ['VALIDATED', 'keep',        '→ REJECTED', '→ DARK_OPEN', ___,           '→ EXPIRED',                      '→ SUBMITTED',     '→ FAILED'],
      ['DARK_OPEN', 'keep',        '→ REJECTED', 'keep',        '→ TRIGGERED', '→ EXPIRED',                      ___,               '→ FAILED'],
      ['TRIGGERED', 'keep',        '→ REJECTED', 'keep',        'keep',        '→ EXPIRED',                      '→ SUBMITTED',     '→ FAILED'],
      ['SUBMITTED', ___,           ___,          ___,           'keep',        'stay / → EXPIRED ?nothingLives', 'stay ?legAbsent', '→ FAILED / → CANCELLED ?absentOrEnded'],
      ['ACKNOWLEDGED PARTIALLY_FILLED',
                    ___,           ___,          ___,           'keep',        'stay / → EXPIRED ?nothingLives', ___,               '→ CANCELLED ?mustNotLive'],
      ['FILLED CANCELLED EXPIRED REJECTED FAILED',
                    ___,           ___,          ___,           'keep',        'keep',                           ___,               ___],
    ],
  ),
  // The venue on the order: signs of life
  block(
    [                      'Acknowledged',            'Activated',      'PartialFill',                      'Fill' ],
    [
      ['CREATED VALIDATED DARK_OPEN TRIGGERED',
                           'as SUBMITTED !',          'as SUBMITTED !', 'as SUBMITTED !',                   'as SUBMITTED !'],
      ['SUBMITTED',        '→ ACKNOWLEDGED',          '→ ACKNOWLEDGED', '→ PARTIALLY_FILLED / qty ?booked', '→ FILLED / qty ?booked'],
      ['ACKNOWLEDGED',     'keep / qty ?sizeLearned', 'stay',           '→ PARTIALLY_FILLED / qty ?booked', '→ FILLED / qty ?booked'],
      ['PARTIALLY_FILLED', 'keep / qty ?sizeLearned', 'stay',           '→ PARTIALLY_FILLED / qty ?booked', '→ FILLED / qty ?booked'],
      ['FILLED',           'keep',                    'keep',           '→ FILLED ! / → FILLED ?raiseOpen', '→ FILLED ! / → FILLED ?raiseOpen'],
      ['CANCELLED',        'keep / qty ?sizeLearned', 'keep',           '→ CANCELLED',                      '→ FILLED'],
      ['EXPIRED',          'keep / qty ?sizeLearned', 'keep',           '→ EXPIRED',                        '→ FILLED'],
      ['REJECTED',         'keep / qty ?sizeLearned', 'keep',           '→ CANCELLED !',                    '→ FILLED !'],
      ['FAILED',           'stray !',                 'stray !',        'qty !',                            '→ FILLED !'],
    ],
  ),
  // The venue on the order: refusals and ends
  block(
    [                      'Rejected',                                      'DuplicateId',         'Cancelled',      'Expired' ],
    [
      ['CREATED VALIDATED DARK_OPEN TRIGGERED',
                           'as SUBMITTED !',                                'as SUBMITTED !',      'as SUBMITTED !', 'as SUBMITTED !'],
      ['SUBMITTED',        '→ REJECTED',                                    'stay',                '→ CANCELLED',    '→ EXPIRED'],
      ['ACKNOWLEDGED',     '→ REJECTED / odd, rest in doubt ?whichAttempt', 'keep / stay ?newLeg', '→ CANCELLED',    '→ EXPIRED'],
      ['PARTIALLY_FILLED', 'odd, rest in doubt',                            'keep / stay ?newLeg', '→ CANCELLED',    '→ EXPIRED'],
      ['FILLED',           'odd',                                           'keep / stay ?newLeg', 'stay',           'stay'],
      ['CANCELLED',        'odd',                                           'keep',                'stay',           'stay'],
      ['EXPIRED',          'odd',                                           'keep',                'stay',           'stay'],
      ['REJECTED',         'keep',                                          'keep',                'stay !',         'stay !'],
      ['FAILED',           'keep',                                          'stray !',             'stay !',         'stay !'],
    ],
  ),
  // The venue corrects
  block(
    [                       'Restated',       'FillBusted',     'FillCorrected',  'Snapshot',              'StrayFound' ],
    [
      ['CREATED VALIDATED DARK_OPEN TRIGGERED',
                            'as SUBMITTED !', 'as SUBMITTED !', 'as SUBMITTED !', 'keep',                  'as SUBMITTED !'],
      ['SUBMITTED',         'qty',            'stay !',         'stay !',         'keep',                  'keep'],
      ['ACKNOWLEDGED PARTIALLY_FILLED',
                            'qty',            'qty',            'qty',            'keep / stay ?saysMore',  'keep'],
      ['FILLED',            'qty',            'qty',            'qty',            'keep',                  'stray !'],
      ['CANCELLED EXPIRED', 'qty',            'qty',            'qty',            'keep',                  'stray !'],
      ['REJECTED',          'odd',            'qty !',          'qty !',          'keep',                  'stray !'],
      ['FAILED',            'stray !',        'qty !',          'qty !',          'keep',                  'stray !'],
    ],
  ),
  // Cancel requests
  block(
    [               'CancelRequested',                  'CancelSent',   'CancelPending',        'CancelRejected' ],
    [
      ['CREATED VALIDATED DARK_OPEN TRIGGERED',
                    '→ CANCELLED',                      ___,            'as SUBMITTED !',       'odd'],
      ['SUBMITTED', 'stay / → CANCELLED ?nothingLives', 'stay ?wanted', 'stay',                 'stay'],
      ['ACKNOWLEDGED PARTIALLY_FILLED',
                    'stay / → CANCELLED ?nothingLives', 'stay ?wanted', 'stay',                 'stay / stay ! ?orderUnknown'],
      ['FILLED',    'refuse',                           'stay ?wanted', 'stay',                 'stay'],
      ['CANCELLED EXPIRED REJECTED FAILED',
                    'refuse',                           'stay ?wanted', 'keep / stay ?ofStray', 'keep / stay ?ofStray'],
    ],
  ),
  // Replace requests
  block(
    [                       'ReplaceRequested',          'ReplaceSent',  'ReplacePending', 'Replaced',       'ReplaceRejected' ],
    [
      ['CREATED VALIDATED DARK_OPEN TRIGGERED',
                            'stay',                      ___,            'as SUBMITTED !', 'as SUBMITTED !', 'odd'],
      ['SUBMITTED',         'stay / refuse ?cancelOpen', 'stay ?wanted', 'stay',           'qty',            'stay'],
      ['ACKNOWLEDGED PARTIALLY_FILLED',
                            'stay / refuse ?cancelOpen', 'stay ?wanted', 'stay',           'qty',            'stay / stay ! ?orderUnknown'],
      ['FILLED',            'refuse / stay ?reopens',    'stay ?wanted', 'stay',           'qty',            'stay'],
      ['CANCELLED EXPIRED', 'refuse',                    ___,            'keep',           'qty',            'keep'],
      ['REJECTED',          'refuse',                    ___,            'keep',           'odd',            'keep'],
      ['FAILED',            'refuse',                    ___,            'keep',           'stray !',        'keep'],
    ],
  ),
  // A new leg: a replace in two steps
  block(
    [             'LegEnded',                     'LegSent',          'LegPlaced', 'LegRefused' ],
    [
      ['CREATED VALIDATED DARK_OPEN TRIGGERED',
                  ___,                            ___,                ___,         ___],
      ['SUBMITTED ACKNOWLEDGED PARTIALLY_FILLED',
                  'stay / → FILLED ?nothingLeft', 'stay ?oldLegOver', 'qty',       '→ CANCELLED'],
      ['FILLED',  'stay',                         ___,                'stray !',   'stay'],
      ['CANCELLED EXPIRED REJECTED FAILED',
                  'keep',                         ___,                'stray !',   'keep'],
    ],
  ),
  // Doubt
  block(
    [               'SubmitUnknown',       'RequestUnknown',       'Vanished', 'OrderAbsent',                                       'RequestAbsent' ],
    [
      ['CREATED VALIDATED DARK_OPEN TRIGGERED',
                    ___,                   ___,                    'keep',     'keep',                                              ___],
      ['SUBMITTED', 'stay',                'stay ?known',          'stay',     'stay / → CANCELLED ?absenceProven',                 'stay ?provenUnapplied'],
      ['ACKNOWLEDGED PARTIALLY_FILLED',
                    'keep / stay ?newLeg', 'stay ?known',          'stay',     'stay / → CANCELLED / → CANCELLED ! ?absenceProven', 'stay ?provenUnapplied'],
      ['FILLED',    'keep / stay ?newLeg', 'stay ?known',          'keep',     'keep / stay ?strayAbsent',                          'stay ?provenUnapplied'],
      ['CANCELLED EXPIRED REJECTED FAILED',
                    'keep',                'keep / stay ?ofStray', 'keep',     'keep / stay ?strayAbsent',                          'keep / stay ?ofStray'],
    ],
  ),
] as const;

type EventWithoutColumn = Exclude<TableEventType, (typeof TABLE)[number]['events'][number]>;
/** Does not compile while an event has no column. */
const everyEventHasAColumn: [EventWithoutColumn] extends [never] ? true : never = true;

export const CELLS: Cells = readTable(everyEventHasAColumn ? TABLE : []);
