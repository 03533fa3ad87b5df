import { OrderplaneError, createClient } from '@orderplane/client';
import { USAGE, UsageError, parseGridArguments } from './arguments.ts';
import { findService } from './connection.ts';
import { runGrid } from './grid.ts';
import { GridError } from './orders.ts';
import { prepare } from './preparation.ts';

/** Exit codes: 0 ended by a signal, 1 the grid can't go on, 2 wrongly called. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(USAGE);
    return 0;
  }
  const say = (line: string): void => void process.stdout.write(`${new Date().toISOString()}  ${line}\n`);
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => ending.abort());
  try {
    const wish = parseGridArguments(argv);
    const client = createClient(await findService(wish.home, process.env));
    const ladder = await prepare(client, wish);
    say(`grid "${ladder.name}": centre ${ladder.center}, ${ladder.levels} levels of ${ladder.step}`);
    const { accountId, symbol } = wish;
    await runGrid({ client, ladder, accountId, symbol, say, signal: ending.signal });
    client.close();
    return 0;
  } catch (error) {
    if (ending.signal.aborted) return 0;
    if (error instanceof UsageError) process.stderr.write(`grid: ${error.message}\n\n${USAGE}`);
    else if (error instanceof GridError || error instanceof OrderplaneError)
      process.stderr.write(`grid: ${error.message}\n`);
    else throw error;
    return error instanceof UsageError ? 2 : 1;
  }
}

// Not process.exitCode: a signal must end also what waits for an answer.
process.exit(await main(process.argv.slice(2)));
