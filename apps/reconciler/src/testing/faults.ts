/** What may befall a call to the exchange. Unless it says "not", the exchange has carried it out. */
export type SubmitFault =
  | 'answerLost'
  | 'dropped'
  | 'arrivesLate'
  | 'notPlaced'
  | 'rateLimited'
  | 'notSent'
  | 'keyRefused'
  | 'filledAtOnce'
  | 'partFilledAtOnce';
export type RequestFault =
  | 'answerLost'
  | 'dropped'
  | 'arrivesLate'
  | 'takenSilently'
  | 'refused'
  | 'unknownOrder'
  | 'rateLimited'
  | 'notSent'
  | 'keyRefused'
  | 'filledFirst'
  | 'partFilledFirst';
export type LookupFault = 'failed' | 'partial' | 'rateLimited' | 'lagging' | 'fillsLate';

export interface Faults {
  readonly submit: (SubmitFault | null)[];
  readonly cancel: (RequestFault | null)[];
  readonly amend: (RequestFault | null)[];
  readonly lookup: (LookupFault | null)[];
  /** One entry per question for room: how long there is none, ms; 0: there is. */
  readonly full: number[];
}

/** One entry per call, in order; a call beyond the end of its list meets no fault. */
export const faultsOf = (given: Partial<Faults> = {}): Faults => ({
  submit: [...(given.submit ?? [])],
  cancel: [...(given.cancel ?? [])],
  amend: [...(given.amend ?? [])],
  lookup: [...(given.lookup ?? [])],
  full: [...(given.full ?? [])],
});

export const RETRY_AFTER_MS = 3_000;
