import { describe, expect, test } from 'vitest';
import type { ReconciliationStatus } from '@orderplane/domain';
import { absenceEvidence, absenceProgress } from './absence.ts';
import { observedGeneration, reconciliationStatus } from './assess.ts';
import type { Actual } from './model.ts';
import { at, orderAfter, type Word } from './testing/machines.ts';
import { CAPABILITIES, LIMITS } from './testing/settings.ts';

const actualOf = (story: readonly Word[], work: Partial<Actual> = {}): Actual => ({
  machine: orderAfter(...story),
  attempts: 0,
  nextAttemptAt: null,
  lastEvidenceAt: at(0),
  absentLookups: [],
  ...work,
});

// prettier-ignore
const STATUSES: readonly (readonly [readonly Word[], boolean, number, ReconciliationStatus])[] = [
  // order                                                                       attention  now  status
  [['validated'],                                                                false,     1,   'PROGRESSING'],
  [['validated', 'armed'],                                                       false,     1,   'IN_SYNC'],
  [['validated', 'sent'],                                                        false,     1,   'PROGRESSING'],
  [['validated', 'sent', 'unanswered'],                                          false,     1,   'AMBIGUOUS'],
  [['validated', 'sent', 'unanswered'],                                          true,      1,   'NEEDS_ATTENTION'],
  [['validated', 'sent', 'notSent'],                                             true,      1,   'PROGRESSING'],
  [['validated', ...Array.from({ length: 20 }, (): Word[] => ['sent', 'notSent']).flat()], false, 1, 'NEEDS_ATTENTION'],
  [['validated', 'sent', 'acked'],                                               false,     60,  'IN_SYNC'],
  [['validated', 'sent', 'acked'],                                               false,     61,  'STALE'],
  [['validated', 'sent', 'acked'],                                               true,      1,   'IN_SYNC'],
  [['validated', 'sent', 'acked', 'vanished'],                                   false,     1,   'AMBIGUOUS'],
  [['validated', 'sent', 'acked', 'cancel wanted'],                              false,     1,   'PROGRESSING'],
  [['validated', 'sent', 'acked', 'cancel wanted', 'cancel sent', 'cancel unanswered'], false, 1, 'AMBIGUOUS'],
  [['validated', 'sent', 'acked', 'fill 1'],                                     false,     99,  'IN_SYNC'],
  [['validated', 'sent', 'acked', 'cancelled'],                                  false,     99,  'IN_SYNC'],
  [['validated', 'sent', 'fill 0.4', 'fill 1'],                                  false,     1,   'NEEDS_ATTENTION'],
  [['validated', 'sent', 'notSent', 'gave up', 'found alive'],                   false,     1,   'PROGRESSING'],
  [['validated', 'sent', 'notSent', 'gave up', 'found alive'],                   true,      1,   'NEEDS_ATTENTION'],
];

describe('reconciliationStatus', () => {
  test.each(STATUSES)('%s, attention %s, second %d: %s', (story, attention, now, status) => {
    expect(reconciliationStatus(actualOf(story), attention, at(now), LIMITS)).toBe(status);
  });
});

describe('observedGeneration', () => {
  // prettier-ignore
  test.each<readonly [readonly Word[], number, number]>([
    // order                                                                      generation  observed
    [['validated'],                                                               1,          0],
    [['validated', 'sent'],                                                       1,          0],
    [['validated', 'sent', 'acked'],                                              1,          1],
    [['validated', 'sent', 'acked', 'change wanted'],                             2,          1],
    [['validated', 'sent', 'acked', 'cancel wanted', 'cancel sent'],              2,          1],
    [['validated', 'sent', 'acked', 'cancel wanted', 'cancel sent', 'cancelled'], 2,          2],
  ])('%s, generation %d: %d', (story, generation, observed) => {
    expect(observedGeneration(orderAfter(...story), generation)).toBe(observed);
  });
});

describe('the proof of absence', () => {
  const progress = (...lookups: Actual['absentLookups'][number][]) => {
    const actual = actualOf(['validated', 'sent', 'unanswered'], { absentLookups: lookups });
    const [leg] = actual.machine.legs;
    if (leg === undefined) throw new Error('no leg');
    return absenceProgress(leg, actual, CAPABILITIES);
  };
  const no = (second: number, provesAbsence = true) => ({ askedAt: at(second), provesAbsence });

  // The deadline is second 5, listings lag 2 s, two look-ups must be 2 s apart.
  // prettier-ignore
  test.each<readonly [string, readonly Actual['absentLookups'][number][], readonly number[], number | null]>([
    // situation                                   look-ups                        counted  next
    ['nothing asked',                              [],                             [],      7],
    ['asked before the request could have failed', [no(1), no(6.999)],             [],      7],
    ['asked as soon as it counts',                 [no(7)],                        [7],     9],
    ['a read that missed a place',                 [no(7, false), no(9, false)],   [],      7],
    ['the second too soon',                        [no(7), no(8.999)],             [7],     9],
    ['both',                                       [no(7), no(9)],                 [7, 9],  null],
    ['early ones, a partial one and both',         [no(1), no(7), no(8, false), no(12)], [7, 12], null],
  ])('%s', (_name, lookups, counted, next) => {
    expect(progress(...lookups)).toEqual({
      countsFrom: at(7),
      counted: counted.map(at),
      nextLookupAt: next === null ? null : at(next),
    });
  });

  test('the evidence names its look-ups', () => {
    const [leg] = actualOf(['validated', 'sent', 'unanswered']).machine.legs;
    if (leg === undefined) throw new Error('no leg');
    expect(absenceEvidence(leg, progress(no(7), no(9)))).toMatchObject({
      kind: 'provenAbsent',
      lookups: [at(7), at(9)],
      executionsComplete: true,
    });
  });
});
