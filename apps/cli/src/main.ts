import { CommandFailure, EXIT, messageOf, usageFailure } from './failure.ts';
import { HELP } from './help.ts';
import { parseOptions } from './options.ts';

/** Each answers the exit code, or throws CommandFailure. Loaded when called: `normalize` needs no network client. */
const COMMANDS: Readonly<Record<string, (argv: readonly string[]) => Promise<number>>> = {
  status: async (argv) => (await import('./commands/status.ts')).statusCommand(parseOptions('status', argv)),
  orders: async (argv) => (await import('./commands/orders.ts')).ordersCommand(parseOptions('orders', argv)),
  balances: async (argv) => (await import('./commands/balances.ts')).balancesCommand(parseOptions('balances', argv)),
  sync: async (argv) => (await import('./commands/sync.ts')).syncCommand(parseOptions('sync', argv)),
  alerts: async (argv) => (await import('./commands/alerts.ts')).alertsCommand(parseOptions('alerts', argv)),
  watch: async (argv) => (await import('./commands/watch.ts')).watchCommand(parseOptions('watch', argv)),
  accounts: async (argv) => (await import('./commands/accounts.ts')).accountsCommand(argv),
  users: async (argv) => (await import('./commands/access.ts')).usersCommand(argv),
  tokens: async (argv) => (await import('./commands/access.ts')).tokensCommand(argv),
  audit: async (argv) => (await import('./commands/access.ts')).auditCommand(argv),
  normalize: async (argv) => {
    parseOptions('normalize', argv);
    return (await import('./commands/normalize.ts')).normalizeCommand(process.stdin, process.stdout);
  },
};

async function run(argv: readonly string[]): Promise<number> {
  const [name = '', ...rest] = argv;
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(HELP[rest[0] ?? ''] ?? HELP[''] ?? '');
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw usageFailure(name === '' ? (HELP[''] ?? '') : `unknown command "${name}"; see "orderplane --help"`);
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(HELP[name] ?? '');
    return 0;
  }
  return command(rest);
}

// A reader that went away ("| head") is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : EXIT.failed);
});

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const known = error instanceof CommandFailure;
  process.stderr.write(`orderplane: ${known ? error.message : `unexpected: ${messageOf(error)}`}\n`);
  process.exitCode = known ? error.exitCode : EXIT.failed;
}
