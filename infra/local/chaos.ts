import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fromUserDirectory } from './arguments.ts';
import { EXIT, Failure, explain } from './bootstrap/failure.mjs';
import { onSignals } from './signals.ts';
import { ROOT } from './stack/services.ts';

/** `npm run chaos`: reads the command line and hands over to test/chaos. */

const USAGE = [
  'npm run chaos -- [--seed N] [--minutes M] [--rate R] [--json FILE] [--home DIR]',
  '  --seed N     draws what clients do and what befalls the system; default: a new one, which is shown',
  '  --minutes M  length of the storm, default 2; the time until everything is settled comes on top',
  '  --rate R     client actions begun in a second, default 3',
  '  --json FILE  the figures and findings, beside the printed table',
  '  --home DIR   keep logs and data here; default: a temporary directory, removed at the end',
];

interface ChaosModule {
  readonly chaos: (command: {
    readonly seed: number;
    readonly minutes: number;
    readonly rate: number;
    readonly jsonFile: string | null;
    readonly home?: string;
    readonly say: (line: string) => void;
    readonly signal: AbortSignal;
  }) => Promise<boolean>;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        minutes: { type: 'string' },
        rate: { type: 'string' },
        json: { type: 'string' },
        home: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    throw new Failure(EXIT.usage, cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause), USAGE);
  }
}

function numberOf(name: string, text: string | undefined, otherwise: number, most: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isFinite(value) && value > 0 && value <= most) return value;
  throw new Failure(EXIT.usage, `--${name} "${text}" is not a number from above 0 to ${most}.`, USAGE);
}

const interrupted = new AbortController();
onSignals(
  () => interrupted.abort(new Error('interrupted')),
  () => process.exit(130),
);

try {
  const values = parse(process.argv.slice(2));
  if (values.help === true) throw new Failure(EXIT.usage, USAGE.join('\n'));
  const seed = Math.floor(numberOf('seed', values.seed, 1 + Math.floor(Math.random() * 1_000_000_000), 2 ** 32 - 1));
  const minutes = numberOf('minutes', values.minutes, 2, 24 * 60);
  const rate = numberOf('rate', values.rate, 3, 100);
  // Not a static import: the tests' workspace stands above this one.
  const { chaos } = (await import(pathToFileURL(join(ROOT, 'test', 'chaos', 'main.ts')).href)) as ChaosModule;
  const isGood = await chaos({
    ...{ seed, minutes, rate, signal: interrupted.signal },
    jsonFile: values.json === undefined ? null : fromUserDirectory(values.json),
    say: (line) => console.log(line),
    ...(values.home === undefined ? {} : { home: fromUserDirectory(values.home) }),
  });
  process.exit(isGood ? 0 : 1);
} catch (cause) {
  process.exit(interrupted.signal.aborted ? 130 : explain(cause, 'the chaos'));
}
