import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { main } from './command.ts';
import { ScenarioSchema } from './format.ts';
import type { Scenario } from './format.ts';
import { loadNotApplicable, loadScenarios, ScenarioFormatError } from './load.ts';
import { lineOf, pathsOf, runScenario } from './runner.ts';

const notApplicable = loadNotApplicable();
const scenarios = loadScenarios(join(import.meta.dirname, 'scenarios'));

describe('the order state change matrices of FIX', () => {
  test('are all encoded', () => {
    expect(scenarios).toHaveLength(54);
  });

  test.each(scenarios.map((scenario) => [scenario.id, scenario] as const))('%s', (_id, scenario) => {
    const result = runScenario(scenario, notApplicable);
    expect(lineOf(result)).toMatch(scenario.features.length === 0 ? /^PASS / : /^NA /);
  });

  test('are told apart from wrong ones: every changed expectation of a main run fails', () => {
    const passed: string[] = [];
    for (const scenario of scenarios.filter(({ features }) => features.length === 0)) {
      scenario.steps.forEach((step, index) => {
        if (step.from !== 'venue' || step.expect?.cumQty === undefined || step.orElse !== undefined) return;
        for (const expect of [
          { ...step.expect, cumQty: step.expect.cumQty + 1 },
          { ...step.expect, ordStatus: step.expect.ordStatus === 'New' ? ('Filled' as const) : ('New' as const) },
        ]) {
          const steps = scenario.steps.map((old, at) => (at === index ? { ...step, expect } : old));
          const result = runScenario({ ...scenario, steps }, notApplicable);
          if (result.result !== 'FAIL' || result.step !== step.t) passed.push(`${scenario.id} step ${step.t}`);
        }
      });
    }
    expect(passed).toEqual([]);
  });
});

const plain: Scenario = ScenarioSchema.parse({
  id: 'T.1',
  group: 'test',
  title: 'test',
  spec: 'test',
  features: [],
  steps: [
    { t: '1', path: 'main', from: 'client', message: 'New', id: 'A', feed: { orderQty: 5 } },
    report('2', 'alt', { execType: 'Rejected' }, { order: 'A', ordStatus: 'Rejected' }),
    report('2', 'main', { execType: 'New', orderQty: 5 }, { order: 'A', ordStatus: 'New', orderQty: 5 }),
    report('3', 'alt', { execType: 'Canceled' }, { order: 'A', ordStatus: 'Canceled', leavesQty: 0 }),
    report('3', 'main', { execType: 'Trade', execId: 'E', lastQty: 5 }, { order: 'A', ordStatus: 'Filled' }),
  ],
});

function report(t: string, path: string, feed: object, expect: object): object {
  return { t, path, from: 'venue', message: 'ExecutionReport', id: 'A', venueOrderId: 'V', feed, expect };
}

test('every alternative ends a run of its own', () => {
  expect(pathsOf(plain).map((steps) => steps.map((step) => `${step.t}${step.path}`))).toEqual([
    ['1main', '2main', '3main'],
    ['1main', '2alt'],
    ['1main', '2main', '3alt'],
  ]);
});

test('a claim that was not executed is not a fact', () => {
  const claimed = ScenarioSchema.parse({
    ...plain,
    steps: [
      plain.steps[0],
      report('2', 'main', { execType: 'New', orderQty: 5, cumQty: 3 }, { order: 'A', cumQty: 3 }),
    ],
  });
  expect(lineOf(runScenario(claimed, notApplicable))).toBe('FAIL T.1 step 2: expected cumQty 3, got 0');
});

describe('what no published matrix shows', () => {
  const client = (message: string, id: string, feed?: object): object => ({
    t: '0',
    path: 'main',
    from: 'client',
    message,
    id,
    ...(message === 'New' ? {} : { origId: 'A' }),
    feed,
  });
  const told = (execType: string, ordStatus: string, more: object = {}): object => ({
    ...report('1', 'main', { execType }, { order: 'A', ordStatus }),
    ...more,
  });
  const refusal = (respondsTo: string, id: string, ordStatus: string): object => ({
    ...{ t: '2', path: 'main', from: 'venue', message: 'CancelReject', id, origId: 'A', venueOrderId: 'V' },
    ...{ feed: { respondsTo }, expect: { order: 'A', ordStatus, refused: { message: respondsTo, id } } },
  });
  const opened = [client('New', 'A', { orderQty: 5 }), told('New', 'New')];

  test.each([
    [
      'a second cancel is refused while the first is pending',
      [
        client('Cancel', 'B'),
        told('PendingCancel', 'PendingCancel', { id: 'B' }),
        client('Cancel', 'C'),
        refusal('Cancel', 'C', 'PendingCancel'),
        told('Canceled', 'Canceled', { id: 'B' }),
      ],
    ],
    [
      'a second cancel is refused after the first ended the order',
      [client('Cancel', 'B'), client('Cancel', 'C'), told('Canceled', 'Canceled'), refusal('Cancel', 'C', 'Canceled')],
    ],
    [
      'a change is refused after the order was cancelled unasked',
      [client('Replace', 'B', { orderQty: 7 }), told('Canceled', 'Canceled'), refusal('Replace', 'B', 'Canceled')],
    ],
    [
      'another screen asks for a cancel, is refused, and asks again',
      [
        { ...told('PendingCancel', 'PendingCancel'), id: undefined },
        { ...refusal('Cancel', 'B', 'New'), id: undefined, expect: { order: 'A', ordStatus: 'New' } },
        { ...told('PendingReplace', 'PendingReplace'), id: undefined },
        { ...told('PendingCancel', 'PendingCancel'), id: undefined },
        { ...told('Canceled', 'Canceled'), id: undefined },
      ],
    ],
  ])('%s', (_case, steps) => {
    const text = JSON.stringify({ ...plain, steps: [...opened, ...steps] });
    expect(lineOf(runScenario(ScenarioSchema.parse(JSON.parse(text)), notApplicable))).toBe('PASS T.1');
  });

  test('an order that is not there is not one that stayed as it was', () => {
    const steps = [opened[0], { ...told('New', 'New'), expect: { order: 'A', unchanged: ['B'] } }];
    const scenario = ScenarioSchema.parse(JSON.parse(JSON.stringify({ ...plain, steps })));
    expect(lineOf(runScenario(scenario, notApplicable))).toBe(
      'FAIL T.1 step 1: expected unchanged B, got no such order',
    );
  });
});

describe('the command', () => {
  const home = mkdtempSync(join(tmpdir(), 'fix-scenarios-'));
  afterAll(() => rmSync(home, { recursive: true }));
  const run = (content: string, ...flags: string[]): { code: number; out: string; error: string } => {
    const directory = mkdtempSync(join(home, 'run-'));
    writeFileSync(join(directory, 'a.json'), content);
    const said = { out: '', error: '' };
    const code = main(['--scenarios', directory, ...flags], {
      out: (text) => (said.out += text),
      error: (text) => (said.error += text),
    });
    return { code, ...said };
  };

  test('runs as a process of its own', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'run.ts'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ passed: 45, failed: 0, skipped: 9 });
  });

  test('prints one line for each scenario and one for all', () => {
    const halted = { ...plain, id: 'T.2', features: ['Stopped'] };
    const { code, out } = run(JSON.stringify([plain, halted]));
    expect(out).toMatch(/^PASS T\.1\nNA T\.2 Stopped: .+\n1 passed, 0 failed, 1 skipped\n$/);
    expect(code).toBe(0);
  });

  test('gives 0 when nothing applies', () => {
    expect(run(JSON.stringify([{ ...plain, features: ['Stopped'] }]))).toMatchObject({ code: 0, error: '' });
  });

  test('gives 1 and the first difference when a scenario fails', () => {
    const wrong = { ...plain, steps: plain.steps.map((step) => (step.t === '3' ? { ...step, t: '4' } : step)) };
    const text = JSON.stringify([wrong]).replace('"ordStatus":"Canceled"', '"ordStatus":"Expired"');
    expect(run(text)).toEqual({
      code: 1,
      error: '',
      out: 'FAIL T.1 step 4 alt: expected ordStatus Expired, got Canceled\n0 passed, 1 failed, 0 skipped\n',
    });
    expect(JSON.parse(run(text, '--json').out)).toEqual({
      passed: 0,
      failed: 1,
      skipped: 0,
      results: [{ id: 'T.1', result: 'FAIL', step: '4', path: 'alt', expected: 'ordStatus Expired', got: 'Canceled' }],
    });
  });

  test.each([
    ['not JSON', '['],
    ['not an array', '{}'],
    ['an unknown field', JSON.stringify([{ ...plain, more: 1 }])],
    ['an unknown feature', JSON.stringify([{ ...plain, features: ['Auction'] }])],
    ['an unknown value', JSON.stringify([plain]).replace('"Trade"', '"Traded"')],
    [
      'a status that no order shows',
      JSON.stringify([plain]).replace('"ordStatus":"Filled"', '"ordStatus":"Suspended"'),
    ],
    ['an end beside anything but a fill', JSON.stringify([plain]).replace('"Trade"', '"New","bundledEnd":"Canceled"')],
    [
      'an expectation of a client',
      JSON.stringify([plain]).replace('"orderQty":5}', '"orderQty":5},"expect":{"order":"A"}'),
    ],
    ['an unknown field of a report', JSON.stringify([plain]).replace('"lastQty"', '"lastShares"')],
    ['the same id twice', JSON.stringify([plain, plain])],
  ])('gives 2 for %s', (_case, content) => {
    expect(run(content)).toMatchObject({ code: 2, out: '' });
  });
});

test('a flag that is not known and a run of nothing are errors', () => {
  const silent = { out: () => undefined, error: () => undefined };
  expect(main(['--all'], silent)).toBe(2);
  const empty = mkdtempSync(join(tmpdir(), 'fix-empty-'));
  expect(main(['--scenarios', empty], silent)).toBe(2);
  rmSync(empty, { recursive: true });
});

test('a directory that is not there is an error', () => {
  expect(() => loadScenarios('/nowhere/at/all')).toThrow(ScenarioFormatError);
});
