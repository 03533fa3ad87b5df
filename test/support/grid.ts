import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { add, compare, decimal, multiply } from '@orderplane/domain';
import type { OrderView } from './client.ts';
import type { Market } from './desk.ts';
import type { Ledger } from './venue.ts';

const MAIN = join(import.meta.dirname, '../../examples/grid/src/main.ts');

/** The grid of the tests: wide enough that only the test's prices reach it. */
export interface GridTerms {
  readonly name: string;
  readonly market: Market;
  readonly center: string;
  readonly step: string;
  readonly levels: number;
}

/** The example as a process, as often as it is started. */
export class GridProcess {
  readonly #terms: GridTerms;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #running = new Set<ChildProcess>();
  /** What all runs have said, for messages and for waiting. */
  readonly lines: string[] = [];

  constructor(terms: GridTerms, service: { readonly urls: readonly string[]; readonly token: string }) {
    this.#terms = terms;
    this.#environment = { ORDERPLANE_URL: service.urls.join(','), ORDERPLANE_TOKEN: service.token };
  }

  /** `leftOut`: options that it is to find out by itself. */
  start(leftOut: readonly string[] = []): void {
    const { name, market, center, step, levels } = this.#terms;
    const values = { account: market.accountId, symbol: market.symbol, size: market.size, name, step, levels, center };
    const given = Object.entries(values).filter(([option]) => !leftOut.includes(option));
    const options = given.flatMap(([option, value]) => [`--${option}`, String(value)]);
    const child = spawn(process.execPath, [MAIN, ...options], {
      env: { ...process.env, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const listen = (chunk: Buffer): void => void this.lines.push(...chunk.toString().trimEnd().split('\n'));
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    this.#running.add(child);
    child.on('exit', (code, signal) => {
      this.#running.delete(child);
      this.lines.push(`ended with ${signal ?? code}`);
    });
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  /** All runs of it, at whatever they are. Resolves when they are gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const children = [...this.#running];
    await Promise.all(
      children.map((child) => {
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill(signal);
        return gone;
      }),
    );
  }
}

/** A price in steps from the centre. */
export const inSteps = ({ center, step }: GridTerms, steps: string): string => add(center, multiply(step, steps));

type Rung = { readonly name: string; readonly lower: string; readonly upper: string; readonly first: 'BUY' | 'SELL' };

const rungsOf = (terms: GridTerms): readonly Rung[] =>
  Array.from({ length: terms.levels }, (_, n): readonly Rung[] => [
    { name: `b${n + 1}`, lower: inSteps(terms, `${-n - 1}`), upper: inSteps(terms, `${-n}`), first: 'BUY' },
    { name: `s${n + 1}`, lower: inSteps(terms, `${n}`), upper: inSteps(terms, `${n + 1}`), first: 'SELL' },
  ]).flat();

/**
 * What is wrong with a grid at rest while the price stands between two rungs, as sentences: rounds without gaps and in
 * turn, one live order a rung where the price says, and positions that add up, by the exchange's own ledger.
 */
export function gridFaults(
  terms: GridTerms,
  price: string,
  orders: readonly OrderView[],
  ledger: Ledger,
): readonly string[] {
  const { name, market } = terms;
  const own = orders.filter((order) => order.symbol === market.symbol);
  const found = own.filter((order) => !order.clientOrderId.startsWith(`${name}:`)).map(({ id }) => `${id} is strange`);
  let position = decimal('0');
  for (const rung of rungsOf(terms)) {
    const rounds = own
      .filter((order) => order.clientOrderId.startsWith(`${name}:${rung.name}:`))
      .sort((a, b) => roundOf(a) - roundOf(b));
    const bought = boughtIn(rounds);
    found.push(...roundFaults(rung, rounds, market.size), ...standFaults(rung, rounds, price, bought, market.size));
    position = position.plus(bought);
  }
  const atExchange = ledger.orders.filter((order) => order.symbol === market.symbol);
  if (atExchange.length !== own.length) found.push(`${own.length} orders here, ${atExchange.length} at the exchange`);
  const executed = ledger.executions
    .filter((execution) => execution.symbol === market.symbol)
    .reduce(
      (sum, { side, size }) => sum.plus(side.toUpperCase() === 'BUY' ? size : decimal(size).negated()),
      decimal('0'),
    );
  if (!executed.eq(position))
    found.push(`the rungs hold ${position.toFixed()}, the exchange says ${executed.toFixed()}`);
  return found;
}

const roundOf = ({ clientOrderId }: OrderView): number => Number(clientOrderId.split(':')[2]);

const boughtIn = (rounds: readonly OrderView[]) =>
  rounds.reduce(
    (sum, { side, filledSize }) => sum.plus(side === 'BUY' ? filledSize : decimal(filledSize).negated()),
    decimal('0'),
  );

function roundFaults({ name, lower, upper, first }: Rung, rounds: readonly OrderView[], size: string): string[] {
  return rounds.flatMap((order, n) => {
    const at = `${name} round ${roundOf(order)}`;
    const side = (n % 2 === 0) === (first === 'BUY') ? 'BUY' : 'SELL';
    const isRight =
      roundOf(order) === n &&
      order.side === side &&
      order.size === size &&
      compare(order.price ?? '0', side === 'BUY' ? lower : upper) === 0;
    const faults = isRight ? [] : [`${at}: ${order.side} ${order.size} @ ${order.price}`];
    const isLast = n === rounds.length - 1;
    if (order.status !== (isLast ? 'OPEN' : 'FILLED')) faults.push(`${at} is ${order.status}`);
    return faults;
  });
}

/** A rung below the price has sold and buys again, one above it has bought and sells; around it both may be. */
function standFaults(
  { name, lower, upper, first }: Rung,
  rounds: readonly OrderView[],
  price: string,
  bought: ReturnType<typeof boughtIn>,
  size: string,
): string[] {
  const newest = rounds.at(-1);
  if (newest === undefined) return [`${name} has no order`];
  const expected = compare(upper, price) <= 0 ? 'BUY' : compare(lower, price) >= 0 ? 'SELL' : newest.side;
  const held = newest.side === first ? '0' : first === 'BUY' ? size : `-${size}`;
  const faults = newest.side === expected ? [] : [`${name} is to ${expected}, and ${newest.side}s`];
  if (!bought.eq(held)) faults.push(`${name} holds ${bought.toFixed()} instead of ${held}`);
  return faults;
}
