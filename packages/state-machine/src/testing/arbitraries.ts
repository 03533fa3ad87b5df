import fc from 'fast-check';
import type { TableEventType } from '../cells.ts';
import type { EventBody } from '../index.ts';
import { DEADLINE, execution, instant, notSent, proof, SUBMIT, terms } from './orders.ts';

/** Any event of the machine, with ids from small pools so that events meet each other. */

const size = fc.constantFrom('1', '2', '4', '6', '10', '12', '20');
const requestId = fc.constantFrom('K', 'R', 'Q', 'S');
const venueOrderId = fc.constantFrom('V1', 'V2', 'V3', null);
const venueClientId = fc.constantFrom('C1', 'C2', 'C3');
const executionId = fc.constantFrom('E1', 'E2', 'E3', 'E4', 'E5', 'E6');
const reason = fc.constant('because');
const refusal = fc.constantFrom('UNKNOWN_ORDER', 'TOO_LATE', 'ALREADY_PENDING', 'OTHER');
const evidence = fc.constantFrom(
  notSent,
  proof(),
  { ...proof(), lookups: [instant(1)] },
  { ...proof(), lookups: [instant(1), instant(6)] },
  { ...proof(), lookups: [instant(900)] },
  { ...proof(), executionsComplete: false },
  { ...proof(), kind: 'seenWithout' as const },
);
const by = fc.constantFrom('client', 'us');
const termsVersion = fc.option(fc.nat(5), { nil: undefined });
const confirmed = fc.record({ size, price: fc.constantFrom('100', '101') }, { requiredKeys: [] });
const record = <T>(
  type: string,
  fields: Record<string, fc.Arbitrary<unknown>>,
  requiredKeys: readonly string[] = Object.keys(fields),
): fc.Arbitrary<T> => {
  const model: Record<string, fc.Arbitrary<unknown>> = { type: fc.constant(type), ...fields };
  return fc.record(model, { requiredKeys: ['type', ...requiredKeys] }) as unknown as fc.Arbitrary<T>;
};

type Arbitraries = { readonly [Type in TableEventType]: fc.Arbitrary<Extract<EventBody, { type: Type }>> };

const fills = fc
  .record({ id: executionId, size, venueOrderId })
  .map(({ id, ...more }) => execution(id, more.size, { venueOrderId: more.venueOrderId }));
const end = { reason, venueOrderId, venueClientId };

export const EVENTS: Arbitraries = {
  Validated: record('Validated', {}),
  Denied: record('Denied', { code: fc.constant('INVALID_INPUT'), reason }),
  Armed: record('Armed', {}),
  Triggered: record('Triggered', { darkVersion: fc.nat(2) }, []),
  TimedOut: record('TimedOut', { requestId, reason }),
  SubmitSent: fc.constant(SUBMIT as Extract<EventBody, { type: 'SubmitSent' }>),
  GaveUp: record('GaveUp', { reason }),
  Acknowledged: record('Acknowledged', { venueOrderId, venueClientId, size, working: fc.boolean() }, ['venueOrderId']),
  Activated: record('Activated', { venueOrderId }),
  PartialFill: record('PartialFill', { execution: fills, venueClientId }, ['execution']),
  Fill: record('Fill', { execution: fills, venueClientId }, ['execution']),
  Rejected: record('Rejected', { reason, venueOrderId }, ['reason']),
  DuplicateId: record('DuplicateId', {}),
  Cancelled: record('Cancelled', end, ['reason']),
  Expired: record('Expired', end, ['reason']),
  Restated: fc.record({ terms: confirmed, termsVersion }).map(({ terms: given, termsVersion: version }) => ({
    type: 'Restated',
    terms: given,
    ...(version === undefined ? {} : { termsVersion: version }),
  })),
  FillBusted: record('FillBusted', { execId: executionId, execRefId: executionId }),
  FillCorrected: record('FillCorrected', { execId: executionId, execRefId: executionId, size }),
  Snapshot: record('Snapshot', { restLives: fc.boolean(), filled: size }, []),
  StrayFound: record('StrayFound', { requestId, venueOrderId }),
  CancelRequested: record('CancelRequested', { requestId, generation: fc.constant(2), by }),
  CancelSent: record('CancelSent', { requestId, deadlineAt: fc.constant(DEADLINE) }),
  CancelPending: record('CancelPending', { requestId }),
  CancelRejected: record('CancelRejected', { requestId, refusal, reason }),
  ReplaceRequested: record('ReplaceRequested', {
    requestId,
    generation: fc.constant(2),
    terms: size.map((wished) => terms(wished)),
    by,
  }),
  ReplaceSent: record('ReplaceSent', {
    requestId,
    how: fc.constantFrom('AMEND', 'TWO_STEP'),
    deadlineAt: fc.constant(DEADLINE),
  }),
  ReplacePending: record('ReplacePending', { requestId }),
  Replaced: fc
    .record({ requestId: fc.option(requestId), terms: confirmed, termsVersion, venueOrderId })
    .map(({ termsVersion: version, ...given }) => ({
      type: 'Replaced',
      ...given,
      ...(version === undefined ? {} : { termsVersion: version }),
    })),
  ReplaceRejected: record('ReplaceRejected', { requestId, refusal, reason }),
  LegEnded: record('LegEnded', { reason, venueClientId }, ['reason']),
  LegSent: record('LegSent', {
    venueClientId,
    deadlineAt: fc.constant(DEADLINE),
    terms: size.map((rest) => terms(rest)),
  }),
  LegPlaced: record('LegPlaced', { venueOrderId, venueClientId }),
  LegRefused: record('LegRefused', { reason, venueClientId }),
  SubmitUnknown: record('SubmitUnknown', { reason }),
  RequestUnknown: record('RequestUnknown', { requestId, reason }),
  Vanished: record('Vanished', { reason }),
  OrderAbsent: record('OrderAbsent', { evidence }),
  RequestAbsent: record('RequestAbsent', { requestId, evidence }),
};

export const anyEvent: fc.Arbitrary<EventBody> = fc.oneof(...Object.values<fc.Arbitrary<EventBody>>(EVENTS));
