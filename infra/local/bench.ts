import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fromUserDirectory } from './arguments.ts';
import { EXIT, Failure, explain } from './bootstrap/failure.mjs';
import { Steps } from './bootstrap/steps.mjs';
import { onSignals } from './signals.ts';
import type { Progress } from './stack/options.ts';
import { ROOT } from './stack/services.ts';

/** `npm run bench`: reads the command line and hands over to test/bench. */

const PARTS = ['latencies', 'exchanges', 'throughput', 'updates'] as const;
const USAGE = [
  'npm run bench -- [--quick] [--json FILE] [--home DIR]',
  '  --quick      fewer samples, under a minute',
  '  --json FILE  the rows, beside the printed table',
  '  --home DIR   keep logs and data here; default: a temporary directory, removed at the end',
  `  --only ${PARTS.join('|')}`,
  '  --profile DIR  CPU profiles of every service; they slow it down',
];

interface BenchModule {
  readonly bench: (options: {
    readonly quick: boolean;
    readonly jsonFile: string | null;
    readonly progress: Progress;
    readonly signal: AbortSignal;
    readonly home?: string;
    readonly only?: (typeof PARTS)[number];
    readonly profile?: string;
  }) => Promise<void>;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        json: { type: 'string' },
        home: { type: 'string' },
        only: { type: 'string' },
        profile: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    throw new Failure(EXIT.usage, cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause), USAGE);
  }
}

const steps = new Steps();
const interrupted = new AbortController();
onSignals(
  () => interrupted.abort(),
  () => process.exit(130),
);

try {
  const values = parse(process.argv.slice(2));
  if (values.help === true) throw new Failure(EXIT.usage, USAGE.join('\n'));
  const only = PARTS.find((part) => part === values.only);
  if (values.only !== undefined && only === undefined)
    throw new Failure(EXIT.usage, `There is no part "${values.only}".`, USAGE);
  // Not a static import: the tests' workspace stands above this one.
  const { bench } = (await import(pathToFileURL(join(ROOT, 'test', 'bench', 'main.ts')).href)) as BenchModule;
  await bench({
    quick: values.quick === true,
    jsonFile: values.json === undefined ? null : fromUserDirectory(values.json),
    progress: steps,
    signal: interrupted.signal,
    ...(values.home === undefined ? {} : { home: fromUserDirectory(values.home) }),
    ...(only === undefined ? {} : { only }),
    ...(values.profile === undefined ? {} : { profile: fromUserDirectory(values.profile) }),
  });
  process.exit(0);
} catch (cause) {
  process.exit(interrupted.signal.aborted ? 130 : explain(cause, 'the bench'));
}
