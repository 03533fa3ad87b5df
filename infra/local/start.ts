import { parseStartArguments } from './arguments.ts';
import { explain } from './bootstrap/failure.mjs';
import { Steps } from './bootstrap/steps.mjs';
import { firstOrder } from './first-order.ts';
import { onSignals } from './signals.ts';
import { startStack } from './stack.ts';
import type { ProcessChange, Stack } from './stack.ts';
import { ROOT } from './stack/services.ts';

/** `npm start`: a thin shell over `startStack`. */

const startedAt = Date.now();
const steps = new Steps();
const interrupted = new AbortController();
let stack: Stack | null = null;
let isUp = false;

onSignals(
  (reason) => {
    interrupted.abort();
    if (stack === null) return;
    steps.say(`\n  Stopping (${reason}); once more stops at once.`);
    void end(stack, (running) => running.stop());
  },
  () => {
    if (stack === null) process.exit(130);
    void end(stack, (running) => running.stopHard());
  },
);

async function end(running: Stack, stop: (stack: Stack) => Promise<void>): Promise<void> {
  isUp = false;
  try {
    await stop(running);
    steps.say('  Stopped. Orders and accounts are kept; npm start goes on from here.');
    process.exit(0);
  } catch (cause) {
    process.exit(explain(cause, 'stopping'));
  }
}

function showChange({ name, state, detail }: ProcessChange): void {
  if (!isUp && state !== 'waiting' && state !== 'failed') return;
  switch (state) {
    case 'waiting':
      return steps.say(`  ! ${name}: ${detail}`);
    case 'ready':
      return steps.say(`  ✓ ${name} is back`);
    case 'failed':
      return steps.say(`  ✗ ${name} was given up: ${detail}. Its log: ${stack?.home ?? ''}/logs/${name}.log`);
    case 'starting':
      return detail === '' ? undefined : steps.say(`  ! ${name}: ${detail}`);
    case 'down':
      return undefined;
  }
}

async function announce(running: Stack): Promise<void> {
  const { info } = running;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  steps.say(`
  Orderplane is running (${seconds} s).

  GraphQL        ${info.gateway.http}
  Subscriptions  ${info.gateway.ws}
  Trader token   ${info.traderToken}
  Everything     ${running.home}/run.json, logs in ${running.home}/logs
`);
  const order = await firstOrder(info);
  if (order !== null) steps.say(`  A first order, to paste into another terminal:\n\n${order}\n`);
  steps.say('  Ctrl-C stops everything.');
}

try {
  const { port, home, simulator } = parseStartArguments(process.argv.slice(2), ROOT);
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, LOG_LEVEL: level } = process.env;
  stack = await startStack({
    port,
    home,
    simulator,
    ...(databaseUrl === undefined || databaseUrl === '' ? {} : { databaseUrl }),
    ...(redisUrl === undefined || redisUrl === '' ? {} : { redisUrl }),
    ...(level === undefined ? {} : { env: { LOG_LEVEL: level } }),
    progress: steps,
    onChange: showChange,
    signal: interrupted.signal,
  });
  isUp = true;
  await announce(stack);
} catch (cause) {
  if (interrupted.signal.aborted) {
    steps.say('\n  Stopped before everything was up.');
    process.exit(130);
  }
  process.exit(explain(cause, 'starting'));
}
