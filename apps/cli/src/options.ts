import { parseArgs } from 'node:util';
import { messageOf, usageFailure } from './failure.ts';

export interface Options {
  readonly home: string | null;
  readonly json: boolean;
  readonly open: boolean;
  readonly accounts: readonly string[];
  readonly symbol: string | null;
  readonly first: number;
  readonly after: string | null;
  /** How old what is shown may be; null: the exchange is not asked. */
  readonly maxAgeSeconds: number | null;
}

const SPEC = {
  home: { type: 'string' },
  json: { type: 'boolean' },
  open: { type: 'boolean' },
  account: { type: 'string', multiple: true },
  symbol: { type: 'string' },
  first: { type: 'string' },
  after: { type: 'string' },
  'max-age': { type: 'string' },
} as const;

const ALLOWED: Readonly<Record<string, readonly (keyof typeof SPEC)[]>> = {
  status: ['home', 'json'],
  orders: ['home', 'json', 'open', 'account', 'symbol', 'first', 'max-age'],
  balances: ['home', 'json', 'max-age'],
  sync: ['home', 'json'],
  alerts: ['home', 'json', 'open', 'account', 'first'],
  watch: ['home', 'json', 'account', 'after'],
  normalize: [],
};

/** Their one word is an account. */
const OF_ONE_ACCOUNT: ReadonlySet<string> = new Set(['balances', 'sync']);

/** Most orders that one call lists. */
export const MOST_ORDERS = 10_000;

function parsed(command: string, argv: readonly string[]) {
  const names = ALLOWED[command] ?? [];
  const options = Object.fromEntries(names.map((name) => [name, SPEC[name]])) as typeof SPEC;
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: OF_ONE_ACCOUNT.has(command) });
  } catch (error) {
    throw usageFailure(`${messageOf(error).split('\n')[0] ?? ''} See "orderplane ${command} --help".`);
  }
}

/** Throws CommandFailure (usage) on anything the command does not know. */
export function parseOptions(command: string, argv: readonly string[]): Options {
  const { values, positionals } = parsed(command, argv);
  if (OF_ONE_ACCOUNT.has(command) && positionals.length !== 1)
    throw usageFailure(`${command} takes one account id; see "orderplane accounts"`);
  const first = values.first ?? '50';
  if (!/^\d{1,6}$/.test(first) || Number(first) < 1 || Number(first) > MOST_ORDERS) {
    throw usageFailure(`--first takes a number from 1 to ${MOST_ORDERS}, not "${first}"`);
  }
  const accounts = OF_ONE_ACCOUNT.has(command) ? positionals : (values.account ?? []);
  if (values.after !== undefined && accounts.length !== 1) {
    throw usageFailure('--after belongs to one account: give exactly one --account');
  }
  const maxAgeSeconds = maxAgeOf(values['max-age']);
  if (command === 'orders' && maxAgeSeconds !== null && (values.open !== true || accounts.length !== 1))
    throw usageFailure('--max-age is for the open orders of one account: give --open and exactly one --account');
  return {
    home: values.home ?? null,
    json: values.json ?? false,
    open: values.open ?? false,
    accounts,
    symbol: values.symbol ?? null,
    first: Number(first),
    after: values.after ?? null,
    maxAgeSeconds,
  };
}

function maxAgeOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 86_400)
    throw usageFailure(`--max-age takes seconds, from 0 to 86400, not "${text}"`);
  return Number(text);
}
