import { Rng, seedOf } from './engine/rng.ts';
import { SimExchange } from './exchange.ts';
import { Journal } from './persistence/journal.ts';
import { Recovery, snapshotLines } from './persistence/recorder.ts';
import { FaultBook } from './server/faults.ts';
import { Outbox } from './server/outbox.ts';
import { RequestLog } from './server/requests.ts';
import { SimulatorServer } from './server/server.ts';
import { VENUES } from './venues/registry.ts';
import type { VenueDefinition } from './venues/protocol.ts';

export interface SimulatorOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Where the exchanges remember; absent: nothing outlives the process. */
  readonly home?: string;
  /** Size of the journal at which it is replaced by a snapshot. Default 32 MiB. */
  readonly compactBytes?: number;
  readonly seed?: number;
  /** ms since the epoch. Default: the system's clock. */
  readonly now?: () => number;
  /** False: no timers; the caller calls `tick`. Default true. */
  readonly timers?: boolean;
  readonly venues?: readonly VenueDefinition[];
  /** The journal can't be written (disk full): nothing may be answered any more. Default: throws out of the event loop. */
  readonly onFatal?: (cause: unknown) => void;
  readonly log?: (message: string, fields?: Readonly<Record<string, unknown>>) => void;
}

export interface Simulator {
  readonly port: number;
  readonly exchanges: ReadonlyMap<string, SimExchange>;
  /** One second of market time. */
  tick(): void;
  close(): Promise<void>;
}

export const DEFAULT_SEED = 20_261_120;
const TICK_MS = 1_000;
const EXPIRE_MS = 100;
/** Last prices are written once in this many ticks, or with the next order. */
const PRICE_MARK_TICKS = 10;

/** Starts all simulated exchanges behind one port. Rejects when the port is taken or the files can't be read back. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const now = options.now ?? Date.now;
  const log = options.log ?? (() => undefined);
  const seed = options.seed ?? DEFAULT_SEED;
  const faults = new FaultBook(now, new Rng(seedOf(seed, 'faults')));
  const exchanges = new Map<string, SimExchange>();
  for (const definition of options.venues ?? VENUES) {
    exchanges.set(definition.exchange, new SimExchange({ definition, seed, now, faults, log }));
  }
  const journal = options.home === undefined ? null : openJournal(options.home, options.compactBytes, exchanges);
  const outbox = new Outbox(
    () => isDirty(exchanges),
    () => {
      try {
        write(exchanges, journal, log);
      } catch (cause) {
        if (options.onFatal === undefined) throw cause;
        options.onFatal(cause);
      }
    },
  );
  const requests = new RequestLog();
  const server: SimulatorServer = new SimulatorServer({
    exchanges,
    faults,
    requests,
    now,
    log,
    outbox,
    rng: new Rng(seedOf(seed, 'streams')),
    dropStreams: (exchange, account, kind) => server.dropStreams(exchange, account, kind),
    privateStreams: (exchange) => server.privateStreams(exchange),
  });
  const clockwork = new Clockwork(exchanges, outbox);
  const port = await server.listen(options.port, options.host ?? '127.0.0.1');
  if (options.timers !== false) clockwork.start();
  return {
    port,
    exchanges,
    tick: () => clockwork.tick(),
    close: async () => {
      clockwork.stop();
      await server.close();
      if (isDirty(exchanges)) write(exchanges, journal, log);
      journal?.close();
    },
  };
}

/** Lets time pass in all exchanges. */
class Clockwork {
  readonly #exchanges: ReadonlyMap<string, SimExchange>;
  readonly #outbox: Outbox;
  readonly #timers: NodeJS.Timeout[] = [];
  #ticks = 0;

  constructor(exchanges: ReadonlyMap<string, SimExchange>, outbox: Outbox) {
    this.#exchanges = exchanges;
    this.#outbox = outbox;
  }

  start(): void {
    this.#timers.push(setInterval(() => this.tick(), TICK_MS));
    this.#timers.push(setInterval(() => this.#expire(), EXPIRE_MS));
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  tick(): void {
    this.#ticks += 1;
    for (const exchange of this.#exchanges.values()) {
      const now = exchange.now();
      exchange.engine.expire(now);
      exchange.engine.tick(now);
      exchange.venue.tick(now);
      if (this.#ticks % PRICE_MARK_TICKS === 0) exchange.recorder.markPrices();
    }
    this.#outbox.schedule();
  }

  #expire(): void {
    for (const exchange of this.#exchanges.values()) exchange.engine.expire(exchange.now());
    this.#outbox.schedule();
  }
}

function openJournal(
  home: string,
  compactBytes: number | undefined,
  exchanges: ReadonlyMap<string, SimExchange>,
): Journal {
  const journal = new Journal(home, compactBytes);
  const recoveries = new Map<string, Recovery>();
  journal.open((line) => {
    let recovery = recoveries.get(line.exchange);
    if (recovery === undefined) recoveries.set(line.exchange, (recovery = new Recovery()));
    recovery.apply(line);
  });
  for (const [name, recovery] of recoveries) {
    const exchange = exchanges.get(name);
    if (exchange === undefined) continue;
    for (const key of recovery.accounts.values()) exchange.accounts.set(key);
    recovery.restore(exchange.engine);
  }
  return journal;
}

function isDirty(exchanges: ReadonlyMap<string, SimExchange>): boolean {
  for (const exchange of exchanges.values()) if (exchange.recorder.isDirty) return true;
  return false;
}

function write(
  exchanges: ReadonlyMap<string, SimExchange>,
  journal: Journal | null,
  log: (message: string, fields?: Readonly<Record<string, unknown>>) => void,
): void {
  let text = '';
  for (const exchange of exchanges.values()) {
    if (!exchange.recorder.isDirty) continue;
    if (journal === null) exchange.recorder.forget();
    else text += exchange.recorder.take(exchange.engine);
  }
  if (journal === null) return;
  journal.append(text);
  if (!journal.wantsCompaction) return;
  journal.compact(slices(exchanges)).catch((cause: unknown) => {
    log('the snapshot could not be written; the journal goes on', { error: String(cause) });
  });
}

function* slices(exchanges: ReadonlyMap<string, SimExchange>): Generator<string> {
  for (const [name, exchange] of exchanges) yield* snapshotLines(name, exchange.engine, exchange.accounts.all());
}
