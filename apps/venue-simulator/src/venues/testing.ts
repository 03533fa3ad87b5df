import https from 'node:https';
import net from 'node:net';
import type { Exchange } from 'ccxt';
import type { MatchingEngine } from '../engine/engine.ts';
import type { SimExchange } from '../exchange.ts';
import { startSimulator } from '../simulator.ts';
import type { Simulator } from '../simulator.ts';
import type { SimAccount, VenueDefinition } from './protocol.ts';

/** For tests: the simulator with one venue and a clock of its own, and unmodified ccxt classes talking to it. */

/** Sends everything that a ccxt instance dials to the simulator: URLs, signatures and Host headers stay genuine. */
export async function leadTo(client: Exchange, port: number): Promise<void> {
  const dial = (): net.Socket => net.connect({ port, host: '127.0.0.1' });
  type Connect = (options: unknown, done: (error: Error | null, socket: net.Socket | null) => void) => void;
  await client.loadFetchImplementation();
  const { Agent } = client.undiciModule as { Agent: new (options: { connect: Connect }) => unknown };
  client.fetchDispatcher = new Agent({
    connect: (_options, done) => {
      const socket = dial()
        .once('connect', () => done(null, socket))
        .once('error', (error) => done(error, null));
    },
  });
  client.agent = new (class extends https.Agent {
    override createConnection(): net.Socket {
      return dial();
    }
  })();
}

export interface VenueSetup {
  readonly venue: VenueDefinition;
  /** Registered at the start, unless the exchange remembers them. */
  readonly accounts: readonly SimAccount[];
  /** Null: as every new account has them. */
  readonly balances?: Readonly<Record<string, string>> | null;
  /** With it the exchange remembers; it is found there again by the next rig. */
  readonly home?: string | undefined;
}

/** The system's clock, moved by `skew`; it stands still while it is held. */
class RigClock {
  skew = 0;
  #heldAt: number | null = null;
  readonly now = (): number => (this.#heldAt ?? Date.now()) + this.skew;
  hold(held: boolean): void {
    this.#heldAt = held ? Date.now() : null;
  }
}

interface Started {
  readonly simulator: Simulator;
  readonly exchange: SimExchange;
  readonly clock: RigClock;
}

/** The walk stands still and the limits are off, so that only what the test does moves anything. */
export async function startVenue({ venue, accounts, balances = null, home }: VenueSetup): Promise<Started> {
  const clock = new RigClock();
  const { now } = clock;
  const remembered = home === undefined ? {} : { home };
  const simulator = await startSimulator({ port: 0, now, timers: false, venues: [venue], ...remembered });
  const [exchange] = simulator.exchanges.values();
  if (exchange === undefined) throw new Error('the simulator has no exchange');
  for (const account of accounts) if (!exchange.accounts.has(account.apiKey)) exchange.register(account, balances);
  calm(exchange);
  return { simulator, exchange, clock };
}

/** Nothing moves and nothing is limited. */
export function calm(exchange: SimExchange): void {
  exchange.limits = { enabled: false, scale: 1 };
  exchange.engine.setWalk(null, false);
}

/** What the rigs of all venues have; each venue adds its clients and what its tests need besides. */
export abstract class VenueRig<Client extends Exchange> {
  readonly port: number;
  readonly exchange: SimExchange;
  readonly #simulator: Simulator;
  readonly #clock: RigClock;
  readonly #clients: Client[] = [];

  constructor({ simulator, exchange, clock }: Started) {
    this.port = simulator.port;
    this.exchange = exchange;
    this.#simulator = simulator;
    this.#clock = clock;
  }

  get engine(): MatchingEngine {
    return this.exchange.engine;
  }

  now(): number {
    return this.#clock.now();
  }

  /** While the clock is held only `advance` moves it: a slow machine then refills no budget. */
  async held(work: () => Promise<void>): Promise<void> {
    this.#clock.hold(true);
    await work().finally(() => this.#clock.hold(false));
  }

  tick(): void {
    this.#simulator.tick();
  }

  /** Moves the clock and lets the exchange notice. */
  advance(ms: number): void {
    this.#clock.skew += ms;
    this.tick();
  }

  async admin(route: string, body?: object): Promise<unknown> {
    const [method = 'GET', path = ''] = route.split(' ');
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, init);
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Connects a client, loads its markets, and closes it with the rig. Numbers stay text. */
  protected async connect(client: Client, params: object = {}): Promise<Client> {
    Object.assign(client, { number: String });
    await leadTo(client, this.port);
    this.#clients.push(client);
    await client.loadMarkets(false, params);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.#simulator.close();
  }
}

/** What a raw call answered under `result`, as the test expects it to look. */
export async function resultOf<Result = Readonly<Record<string, unknown>>>(call: Promise<unknown>): Promise<Result> {
  return ((await call) as { result: Result }).result;
}

/** What a call is refused with: ccxt's class and the text of the answer. */
export async function refusal(call: Promise<unknown>): Promise<{ readonly kind: string; readonly text: string }> {
  try {
    await call;
  } catch (cause) {
    if (cause instanceof Error) return { kind: cause.constructor.name, text: cause.message };
    throw cause;
  }
  throw new Error('was not refused');
}

/** Waits for a condition of the outside world; the limit is for machines that do other work too. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`it did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
