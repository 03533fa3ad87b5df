import fc from 'fast-check';
import type { Faults, LookupFault, RequestFault, SubmitFault } from './faults.ts';

const SUBMIT: readonly SubmitFault[] = [
  'answerLost',
  'dropped',
  'arrivesLate',
  'notPlaced',
  'rateLimited',
  'notSent',
  'filledAtOnce',
  'partFilledAtOnce',
];
const REQUEST: readonly RequestFault[] = [
  'answerLost',
  'dropped',
  'arrivesLate',
  'takenSilently',
  'refused',
  'unknownOrder',
  'rateLimited',
  'notSent',
  'keyRefused',
  'filledFirst',
  'partFilledFirst',
];
const LOOKUP: readonly LookupFault[] = ['failed', 'partial', 'rateLimited', 'lagging', 'fillsLate'];

const faulty = <Fault extends string>(all: readonly Fault[]): fc.Arbitrary<(Fault | null)[]> =>
  fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 3, arbitrary: fc.constantFrom(...all) }), {
    maxLength: 6,
  });

/** What befalls the first calls of each kind, three of five of them. */
export const faultLists: fc.Arbitrary<Faults> = fc.record({
  submit: faulty(SUBMIT),
  cancel: faulty(REQUEST),
  amend: faulty(REQUEST),
  lookup: faulty(LOOKUP),
  full: fc.array(fc.constantFrom(0, 0, 300, 5_000), { maxLength: 6 }),
});
