import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadNotApplicable, loadScenarios, ScenarioFormatError } from './load.ts';
import { lineOf, runScenario } from './runner.ts';
import type { Result } from './runner.ts';

const USAGE = 'usage: conformance:fix [--scenarios DIR] [--json]\n';
export const OK = 0;
export const FAILED = 1;
export const UNREADABLE = 2;

export interface Output {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** Runs every scenario of a directory against the state machine. Gives the exit status; see README.md. */
export function main(args: readonly string[], output: Output): number {
  try {
    const options = { scenarios: { type: 'string' }, json: { type: 'boolean' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const notApplicable = loadNotApplicable();
    const scenarios = loadScenarios(values.scenarios ?? join(import.meta.dirname, 'scenarios'));
    const results = scenarios.map((scenario) => runScenario(scenario, notApplicable));
    return report(results, values.json === true, output);
  } catch (error) {
    if (error instanceof ScenarioFormatError) output.error(`${error.message}\n`);
    else if (error instanceof TypeError && 'code' in error) output.error(`${error.message}\n${USAGE}`);
    else throw error;
    return UNREADABLE;
  }
}

function report(results: readonly Result[], json: boolean, output: Output): number {
  const count = (wanted: Result['result']): number => results.filter(({ result }) => result === wanted).length;
  const [passed, failed, skipped] = [count('PASS'), count('FAIL'), count('NA')];
  output.out(
    json
      ? `${JSON.stringify({ passed, failed, skipped, results })}\n`
      : [...results.map(lineOf), `${passed} passed, ${failed} failed, ${skipped} skipped`, ''].join('\n'),
  );
  if (failed > 0) return FAILED;
  if (results.length > 0) return OK;
  output.error('there is no scenario to run\n');
  return UNREADABLE;
}
