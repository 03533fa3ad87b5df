import { checkInvariant, checkStep, displayOf } from './check.ts';
import type { Difference } from './check.ts';
import { Desk, ImpossibleEventError } from './desk.ts';
import { FEATURES } from './format.ts';
import type { Feature, Scenario, Step } from './format.ts';
import { UnsupportedReportError } from './reports.ts';

export type NotApplicable = Readonly<Partial<Record<Feature, string>>>;

export interface Result {
  readonly id: string;
  readonly result: 'PASS' | 'FAIL' | 'NA';
  /** Time label of the first step that differs. */
  readonly step?: string;
  readonly path?: 'main' | 'alt';
  readonly expected?: string;
  readonly got?: string;
  /** Why the scenario is not applicable. */
  readonly reason?: string;
}

/** Runs one scenario on all its paths, each from an empty state. */
export function runScenario(scenario: Scenario, notApplicable: NotApplicable): Result {
  const { id } = scenario;
  const feature = FEATURES.find((name) => scenario.features.includes(name) && notApplicable[name] !== undefined);
  if (feature !== undefined) return { id, result: 'NA', reason: `${feature}: ${notApplicable[feature] ?? ''}` };
  for (const path of pathsOf(scenario)) {
    const failure = runPath(path);
    if (failure !== null) return { id, result: 'FAIL', ...failure };
  }
  return { id, result: 'PASS' };
}

/** The main run, and one run for every alternative: the main steps before it, then the alternative, then nothing. */
export function pathsOf({ steps }: Scenario): readonly (readonly Step[])[] {
  const main = (until: number): readonly Step[] => steps.slice(0, until).filter((step) => step.path === 'main');
  const alternatives = steps.flatMap((step, index) => (step.path === 'alt' ? [[...main(index), step]] : []));
  return [main(steps.length), ...alternatives];
}

interface Failure extends Difference {
  readonly step: string;
  readonly path: 'main' | 'alt';
}

function runPath(steps: readonly Step[]): Failure | null {
  const desk = new Desk();
  for (const step of steps) {
    const difference = runStep(desk, step);
    if (difference !== null) return { step: step.t, path: step.path, ...difference };
  }
  return null;
}

function runStep(desk: Desk, step: Step): Difference | null {
  const before = displayOf(desk);
  try {
    if (step.from === 'client') desk.client(step);
    if (step.from === 'venue') desk.venue(step);
  } catch (error) {
    if (error instanceof ImpossibleEventError || error instanceof UnsupportedReportError)
      return { expected: 'a legal event', got: error.message };
    throw error;
  }
  return (step.from === 'venue' ? checkStep(desk, step, before) : null) ?? checkInvariant(desk);
}

/** One line of plain output. */
export function lineOf(result: Result): string {
  switch (result.result) {
    case 'PASS':
      return `PASS ${result.id}`;
    case 'NA':
      return `NA ${result.id} ${result.reason ?? ''}`;
    case 'FAIL': {
      const where = `step ${result.step ?? '?'}${result.path === 'alt' ? ' alt' : ''}`;
      return `FAIL ${result.id} ${where}: expected ${result.expected ?? '?'}, got ${result.got ?? '?'}`;
    }
  }
}
