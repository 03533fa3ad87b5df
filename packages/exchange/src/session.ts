import { OWN_TURNS } from '@orderplane/domain';
import type { AccountMode, Market, RequestBudget, RequestTurns } from '@orderplane/domain';
import type { AccountCredentials, AccountSession } from './adapter.ts';
import { Admission, RequestHeldBack } from './admission.ts';
import { loadCcxtClass } from './ccxt.ts';
import type { CcxtInstance } from './ccxt.ts';
import type { NativeRequest } from './limits.ts';
import { loadSharedMarkets } from './markets.ts';
import type { MarketBook } from './markets.ts';
import { limitIn } from './outcome.ts';
import { readerFor } from './reader.ts';
import { redirectSockets } from './redirect.ts';
import type { SimulatorAddress } from './redirect.ts';
import { SendGate } from './send-gate.ts';
import { dropSocket } from './sockets.ts';
import { callHasEnded, DeadlinePassed, outsideCalls, tapTransport } from './transport.ts';
import type { Arrived } from './transport.ts';
import type { Link, MillisecondClock, VenueDefinition } from './venue.ts';

/** Structured log: fields first, as pino has it. */
export interface AdapterLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface SessionOptions {
  /** Where PAPER accounts trade. */
  readonly simulator?: SimulatorAddress;
  readonly clock: MillisecondClock;
  readonly log: AdapterLog;
  /** For requests outside a call with its own deadline (market lists, stream tokens), body included, ms. */
  readonly callTimeoutMs: number;
  /** What may be sent when, shared with others; without one nothing is held back. */
  readonly budget?: RequestBudget;
  /** In which order requests of a key leave, shared with all who use the key; without it this process is alone. */
  readonly turns?: RequestTurns;
}

/** The mode can't be had: a PAPER account without a simulator, a sandbox that does not exist. */
export class UnusableMode extends Error {
  constructor(exchange: string, mode: AccountMode, reason: string) {
    super(`${exchange} ${mode}: ${reason}`);
    this.name = 'UnusableMode';
  }
}

export interface SessionIdentity {
  readonly mode: AccountMode;
  /** Null: public data only. */
  readonly credentials: AccountCredentials | null;
  /** To be entered by tokens; absent: requests are signed with the key alone. */
  readonly entry?: Pick<AccountSession, 'subject' | 'name' | 'renew'>;
}

const MAXIMUM_REPAIRS = 3;
/** Market lists are megabytes; refusals are a line. */
const LONGEST_REFUSAL = 4_096;
/** Replacing shorter texts would only garble messages. */
const SHORTEST_SECRET = 4;

/** One ccxt instance of one account, made on first use. */
export class Session {
  readonly #venue: VenueDefinition;
  readonly #identity: SessionIdentity;
  readonly #options: SessionOptions;
  /** Every request of the session passes it. */
  readonly admission: Admission;
  #entered: { ready(): Promise<void> } | null = null;
  #instance: Promise<CcxtInstance> | null = null;
  #closed = false;

  constructor(venue: VenueDefinition, identity: SessionIdentity, options: SessionOptions) {
    const { exchange, modes } = venue.capabilities;
    if (!modes.includes(identity.mode)) throw new UnusableMode(exchange, identity.mode, 'the exchange has none');
    if (identity.mode === 'PAPER' && options.simulator === undefined) {
      throw new UnusableMode(exchange, identity.mode, 'no simulator address is set');
    }
    this.#venue = venue;
    this.#identity = identity;
    this.#options = options;
    this.admission = new Admission({
      limits: venue.limits,
      place: `${exchange}:${identity.mode}`,
      apiKey: identity.credentials?.apiKey ?? null,
      budget: options.budget,
      patienceMs: options.callTimeoutMs,
    });
  }

  /** The instance with its markets; a failure is not remembered. Throws what ccxt throws. */
  async ready(): Promise<Link> {
    const instance = await this.instance();
    return this.#link(instance, await loadSharedMarkets(this.#marketsKey(), this.#venue, instance, false));
  }

  /** Loads the exchange's market rules again (they are shared by all sessions with the same exchange). */
  async reloadMarkets(): Promise<Link> {
    const instance = await this.instance();
    return this.#link(instance, await loadSharedMarkets(this.#marketsKey(), this.#venue, instance, true));
  }

  async instance(): Promise<CcxtInstance> {
    if (this.#closed) throw new Error('the adapter is closed');
    this.#instance ??= this.#create();
    try {
      return await this.#instance;
    } catch (error) {
      this.#instance = null;
      throw error;
    }
  }

  get identity(): SessionIdentity {
    return this.#identity;
  }

  /** Takes every part of the credentials out of a text, e.g. out of an exchange's answer that quotes them. */
  withoutSecrets(text: string): string {
    const { apiKey = '', secret = '', passphrase = '' } = this.#identity.credentials ?? {};
    const parts = [apiKey, secret, passphrase].filter((part) => part.length >= SHORTEST_SECRET);
    return parts.reduce((rest, part) => rest.replaceAll(part, '…'), text);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const instance = await this.#instance?.catch(() => null);
    if (instance === null || instance === undefined) return;
    await this.#venue.leave?.(instance).catch(() => undefined);
    for (const url of Object.keys(instance.clients)) dropSocket(instance, url);
    const dispatcher = instance.fetchDispatcher as { destroy?: () => Promise<void> } | undefined;
    await dispatcher?.destroy?.().catch(() => undefined);
  }

  #marketsKey(): string {
    const { simulator } = this.#options;
    const place = this.#identity.mode === 'PAPER' ? `${simulator?.host}:${simulator?.port}` : this.#identity.mode;
    return `${this.#venue.capabilities.exchange}@${place}`;
  }

  async #create(): Promise<CcxtInstance> {
    const { mode, credentials, entry } = this.#identity;
    const { simulator, callTimeoutMs, clock } = this.#options;
    const Class = await loadCcxtClass(this.#venue.ccxtClass);
    const instance = new Class({
      ...this.#venue.settings,
      ...(credentials === null ? {} : { apiKey: credentials.apiKey, secret: credentials.secret }),
      ...(credentials?.passphrase === undefined ? {} : { password: credentials.passphrase }),
      number: String,
      enableRateLimit: false,
      timeout: callTimeoutMs,
    });
    if (mode === 'SANDBOX') instance.setSandboxMode(true);
    if (mode === 'PAPER' && simulator !== undefined) await redirectSockets(instance, simulator);
    else await instance.loadFetchImplementation();
    instance.milliseconds = () => clock.now();
    // ccxt writes to the console, whole messages included.
    instance.log = () => undefined;
    // We reconnect streams ourselves; ccxt's own waiting would come on top.
    instance.options['ws'] = { ...(instance.options['ws'] ?? {}), backoff: { base: 1, factor: 1, max: 1 } };
    instance.streaming = { ...instance.streaming, keepAlive: this.#venue.stream.keepAliveMs };
    this.#venue.transport?.(instance);
    tapTransport(instance, (answer) => this.#heed(answer));
    this.#venue.prepare(instance, clock);
    if (entry !== undefined && credentials !== null)
      this.#entered = this.#venue.enter?.(instance, { ...entry, credentials, clock }) ?? null;
    this.#guardRequests(instance);
    return instance;
  }

  /** Keeps the order of signed requests and repeats those that were refused for a reason that can be repaired. */
  #guardRequests(instance: CcxtInstance): void {
    const gate = this.#gate();
    const send = instance.fetch2.bind(instance);
    instance.fetch2 = async (path, api, ...rest) => {
      for (let repairs = 0; ; repairs++) {
        try {
          // A copy each time: ccxt adds to the parameters it signs.
          const parameters = rest.map((one) => (isPlain(one) ? { ...one } : one));
          if (api === 'private') await this.#enter();
          // Before its turn and its signature: what waits holds up no other and grows no older.
          await this.admission.admit(nativeRequest(path, api, parameters));
          if (gate === null || api !== 'private') return await send(path, api, ...parameters);
          return await gate.pass(instance, () => send(path, api, ...parameters));
        } catch (error) {
          if (error instanceof RequestHeldBack || repairs >= MAXIMUM_REPAIRS || callHasEnded()) throw error;
          // Outside the call: its record stays that of the refused request.
          const repaired = await outsideCalls(() => this.#venue.repair(instance, error)).catch(() => false);
          if (!repaired) throw error;
          this.#options.log.info(
            { exchange: instance.id, path },
            'request refused before it was acted upon; sent again',
          );
        }
      }
    };
  }

  #gate(): SendGate | null {
    const { nonces } = this.#venue;
    if (nonces === undefined) return null;
    const { turns = OWN_TURNS, callTimeoutMs } = this.#options;
    const { place, key } = this.admission;
    return new SendGate({ rule: nonces, turns, place, key, patienceMs: callTimeoutMs });
  }

  /** Outside the call: what becomes of the questions for tokens says nothing of its own request, which was not sent yet. */
  async #enter(): Promise<void> {
    const entered = this.#entered;
    if (entered === null) return;
    await outsideCalls(() => entered.ready());
    if (callHasEnded()) throw new DeadlinePassed();
  }

  /** Nobody judges the answers of requests that belong to no call (market lists, stream tokens): limits in them are heeded here. */
  #heed({ status, headers, body, inCall }: Arrived): void {
    this.admission.learn(headers);
    if (inCall || body.length > LONGEST_REFUSAL) return;
    const wire = { requested: true, notConnected: null, status, headers, body, json: jsonOf(body) };
    const answer = { ...wire, timedOut: false, error: null };
    const limited = limitIn(this.#venue.classifier, answer, this.#options.clock.now());
    if (limited !== null) this.admission.heed(limited, 'read');
  }

  #link(instance: CcxtInstance, book: MarketBook): Link {
    return {
      instance,
      clock: this.#options.clock,
      read: readerFor(this.#venue.capabilities.exchange, book.native),
      market: (symbol: string): Market | null => book.bySymbol.get(symbol) ?? null,
      markets: (): readonly Market[] => [...book.bySymbol.values()],
      symbolOf: (nativeId: string): string | null => book.native.get(nativeId) ?? null,
    };
  }
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const jsonOf = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};

/** ccxt names the access of an endpoint by one word or a list of words. */
function nativeRequest(path: string, api: unknown, [method, parameters]: readonly unknown[]): NativeRequest {
  const access: readonly unknown[] = Array.isArray(api) ? api : [api];
  return {
    method: typeof method === 'string' ? method : 'GET',
    path,
    isPrivate: access.includes('private'),
    parameters: isPlain(parameters) ? parameters : {},
  };
}
