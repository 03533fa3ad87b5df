import type { LookupResult } from '@orderplane/exchange';
import type { Attempt } from '@orderplane/store';
import type { Change } from './record.ts';

const KEPT = 20;

/** Requests that ended without an answer, and lists that did not show the order, as the journal of a change tells them. */
export function attemptsIn({
  journal,
  machine,
  tried,
}: Pick<Change, 'journal' | 'machine' | 'tried'>): readonly Attempt[] {
  return journal.flatMap(({ event }): Attempt[] => {
    switch (event.type) {
      case 'SubmitUnknown':
        return [{ at: event.at, what: 'SUBMIT', result: 'NO_ANSWER', places: [], error: event.reason }];
      case 'RequestUnknown': {
        const request = machine.requests.find(({ id }) => id === event.requestId);
        const what = request?.kind === 'replace' && request.how === 'AMEND' ? 'AMEND' : 'CANCEL';
        return [{ at: event.at, what, result: 'NO_ANSWER', places: [], error: event.reason }];
      }
      case 'Vanished':
        // A look-up tells its own attempt.
        if (tried !== undefined) return [];
        return [
          { at: event.at, what: 'OPEN_ORDERS', result: 'NOT_FOUND', places: ['open orders'], error: event.reason },
        ];
      default:
        return [];
    }
  });
}

/** A look-up that left the doubt as it was. */
export function attemptOf(answer: LookupResult): Attempt {
  const found = answer.order !== null || answer.fills.length > 0;
  const result = found
    ? 'INCONCLUSIVE'
    : answer.provesAbsence
      ? 'NOT_FOUND'
      : answer.error === null
        ? 'INCONCLUSIVE'
        : 'FAILED';
  return { at: answer.askedAt, what: 'LOOKUP', result, places: answer.places, error: answer.error };
}

/** How it began stays, with the newest of the rest. */
export const keepFirstAndNewest = (all: readonly Attempt[]): readonly Attempt[] =>
  all.length <= KEPT ? all : [...all.slice(0, 1), ...all.slice(1 - KEPT)];
