import { parseArgs } from 'node:util';
import { Decimal } from 'decimal.js';

export interface GridArguments {
  readonly accountId: string;
  readonly symbol: string;
  readonly name: string;
  readonly levels: number;
  readonly step: string;
  readonly size: string;
  readonly sides: 'both' | 'buy';
  /** Null: the last price at the first start. */
  readonly center: string | null;
  readonly home: string | null;
}

export const USAGE = `Usage: npm run example:grid -- --account ID --symbol BTC-USDT --levels 5 --step 50 --size 0.001

  --account ID     an account of yours: "npx orderplane accounts" lists them
  --symbol S       the market
  --levels N       rungs on each side of the centre, 1 to 100
  --step P         distance of two rungs, in the quote currency
  --size Q         size of each order, in the base currency
  --sides buy      only rungs that begin with a buy: nothing has to be owned to start (default both)
  --center P       price of the centre; default: the last price at the first start, ever after the one of then
  --name TEXT      names the grid within the account (default grid-SYMBOL): the same name goes on with the same grid
  --home DIR       where the running system wrote run.json (default .orderplane, or ORDERPLANE_HOME);
                   ORDERPLANE_URL (several: with commas) and ORDERPLANE_TOKEN take its place
`;

/** Wrongly called: shown with the usage. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

const OPTIONS = {
  account: { type: 'string' },
  symbol: { type: 'string' },
  levels: { type: 'string' },
  step: { type: 'string' },
  size: { type: 'string' },
  sides: { type: 'string' },
  center: { type: 'string' },
  name: { type: 'string' },
  home: { type: 'string' },
} as const;

function read(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause));
  }
}

/** Throws UsageError. */
export function parseGridArguments(argv: readonly string[]): GridArguments {
  const values = read(argv);
  const needed = (name: 'account' | 'symbol' | 'levels' | 'step' | 'size'): string => {
    const value = values[name];
    if (value === undefined || value === '') throw new UsageError(`--${name} is missing`);
    return value;
  };
  const symbol = needed('symbol');
  const { sides = 'both', name = `grid-${symbol}`, center } = values;
  if (sides !== 'both' && sides !== 'buy') throw new UsageError('--sides is both or buy');
  if (!/^[\w.-]{1,40}$/.test(name)) throw new UsageError('--name has 1 to 40 letters, digits, dots, dashes');
  const levels = needed('levels');
  if (!/^\d{1,3}$/.test(levels) || Number(levels) < 1 || Number(levels) > 100)
    throw new UsageError('--levels is a number from 1 to 100');
  return {
    ...{ accountId: needed('account'), symbol, name, levels: Number(levels), sides, home: values.home ?? null },
    step: amount('step', needed('step')),
    size: amount('size', needed('size')),
    center: center === undefined ? null : amount('center', center),
  };
}

function amount(name: string, text: string): string {
  if (!/^\d{1,18}(\.\d{1,18})?$/.test(text) || new Decimal(text).isZero())
    throw new UsageError(`--${name} is a number above zero, like 0.001`);
  return new Decimal(text).toFixed();
}
