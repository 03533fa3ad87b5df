import type { OrderReport } from '@orderplane/normalization';
import type { StreamEvent } from './adapter.ts';
import type { CcxtInstance } from './ccxt.ts';
import type { Session, SessionOptions } from './session.ts';
import { isRecord } from './outcome.ts';
import { backoffMs, dropSocket, Pause, tapSockets } from './sockets.ts';
import { safeMessage } from './transport.ts';
import type { Link, VenueDefinition } from './venue.ts';

/** A subscription that is not confirmed by then has failed, ms: some exchanges stay silent about a refusal. */
const CONFIRM_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 1_000;
/**
 * A process that did not look for so long was stopped, ms: what its sockets held meanwhile is old, and would be taken for
 * news, because a message of a stream counts as said when it is read. Somebody else may own the account by now.
 */
const STOPPED_MS = 5_000;

/** One connection's life: from the dial to the reason of its end. */
interface Connection {
  readonly link: Link;
  /** Subscriptions that were confirmed so far, and whether those are all. */
  confirmations: number;
  confirmed: boolean;
  lastSequence: number | null;
  /** By address of the socket. */
  readonly lastSignAt: Map<string, number>;
  readonly startedAt: number;
  lookedAt: number;
  end(reason: string): void;
}

/**
 * The order stream of one account, kept alive. Takes the raw messages before ccxt sees them: ccxt merges updates that
 * come between two awaits, mis-reads several fields and drops a whole burst for one bad message. Only replies to its
 * own subscription are passed on to it. Everything told here is a hint: after `connected` a snapshot must follow.
 */
export class OrderStream {
  readonly #venue: VenueDefinition;
  readonly #session: Session;
  readonly #options: SessionOptions;
  readonly #sink: (event: StreamEvent) => void;
  readonly #pause = new Pause();
  #connection: Connection | null = null;
  #closed = false;
  #running: Promise<void> | null = null;

  constructor(venue: VenueDefinition, session: Session, options: SessionOptions, sink: (event: StreamEvent) => void) {
    this.#venue = venue;
    this.#session = session;
    this.#options = options;
    this.#sink = sink;
  }

  get isConnected(): boolean {
    return this.#connection?.confirmed === true;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#pause.end();
    this.#connection?.end('closed');
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#closed;) {
      const { confirmed, reason } = await this.#connectOnce();
      if (this.#closed) break;
      failures = confirmed ? 0 : failures + 1;
      this.#tell({ type: 'disconnected', error: reason });
      this.#options.log.warn({ exchange: this.#venue.capabilities.exchange, reason, failures }, 'order stream lost');
      await this.#pause.wait(backoffMs(failures));
    }
  }

  /** Dials, subscribes, listens; resolves with the reason when the connection has ended. Never throws. */
  async #connectOnce(): Promise<{ readonly confirmed: boolean; readonly reason: string }> {
    let link: Link;
    let urls: readonly string[];
    try {
      link = await this.#session.ready();
      const { stream } = this.#venue;
      urls = [await stream.url(link.instance), ...(stream.otherUrls?.(link.instance) ?? [])];
    } catch (error) {
      return { confirmed: false, reason: safeMessage(error) };
    }
    const { instance } = link;
    // A watch that was under way when its socket was given up can have dialled again, without subscribing.
    for (const url of urls) dropSocket(instance, url);
    const ended = Promise.withResolvers<string>();
    const now = performance.now();
    const connection: Connection = {
      link,
      confirmations: 0,
      confirmed: false,
      lastSequence: null,
      lastSignAt: new Map(urls.map((url) => [url, now])),
      startedAt: now,
      lookedAt: now,
      end: (reason) => ended.resolve(reason),
    };
    this.#connection = connection;
    const untaps = urls.map((url) =>
      tapSockets(instance, url, {
        message: (message) => this.#receive(connection, message),
        alive: () => void connection.lastSignAt.set(url, performance.now()),
        closed: (reason) => connection.end(reason),
      }),
    );
    const watch = setInterval(() => this.#look(connection), LOOK_EVERY_MS);
    void this.#await(instance, connection);
    if (this.#closed) connection.end('closed');
    const reason = await ended.promise;
    clearInterval(watch);
    for (const untap of untaps) untap();
    this.#connection = null;
    for (const url of urls) dropSocket(instance, url);
    // A subscription is signed too: a wrong clock is put right here as for any other request.
    if (reason.startsWith('refused')) await this.#venue.repair(instance, new Error(reason)).catch(() => false);
    return { confirmed: connection.confirmed, reason };
  }

  /** ccxt's own watch: it dials and subscribes. Its results are not used; its failures end the connection. */
  async #await(instance: CcxtInstance, connection: Connection): Promise<void> {
    const { watch } = this.#venue.stream;
    try {
      while (this.#connection === connection) await (watch === undefined ? instance.watchOrders() : watch(instance));
    } catch (error) {
      connection.end(safeMessage(error));
    }
  }

  /** True: ccxt may see the message. */
  #receive(connection: Connection, message: unknown): boolean {
    if (this.#wasStopped(connection)) return false;
    if (typeof message === 'string' && message === this.#venue.stream.heartbeat) return true;
    const signal = this.#venue.stream.signal(message);
    if (signal.kind === 'other' && !isRecord(message)) {
      this.#tell({ type: 'unreadable', error: 'a message that is no JSON object' });
      return false;
    }
    switch (signal.kind) {
      case 'subscribed':
        this.#checkSequence(connection, signal.sequence ?? null);
        this.#confirm(connection);
        return true;
      case 'refused':
      case 'ended':
        connection.end(`${signal.kind}: ${signal.error}`);
        return false;
      case 'news':
        this.#checkSequence(connection, signal.sequence);
        for (const payload of signal.payloads) this.#report(connection.link, payload);
        return false;
      case 'other':
        this.#checkSequence(connection, signal.sequence ?? null);
        return true;
    }
  }

  #confirm(connection: Connection): void {
    connection.confirmations += 1;
    if (connection.confirmed || connection.confirmations < (this.#venue.stream.subscriptions ?? 1)) return;
    connection.confirmed = true;
    this.#tell({ type: 'connected' });
  }

  /** A gap means that something was lost on a socket that still lives: what follows must be checked by a snapshot. */
  #checkSequence(connection: Connection, sequence: number | null): void {
    if (sequence === null) return;
    const last = connection.lastSequence;
    if (last !== null && sequence > last + 1) {
      this.#tell({ type: 'disconnected', error: `messages ${last + 1} to ${sequence - 1} are missing` });
      this.#tell({ type: 'connected' });
    }
    connection.lastSequence = Math.max(last ?? 0, sequence);
  }

  #report(link: Link, payload: unknown): void {
    const askedAt = new Date(this.#options.clock.now()).toISOString();
    const { orders, fills, error } = link.read.stream(this.#venue.stream.method, payload);
    if (error !== null) this.#tell({ type: 'unreadable', error });
    const reports = orders.map((order): OrderReport => {
      const own = fills.filter((fill) => fill.orderId === order.orderId);
      return { source: 'stream', order, fills: own, fillsComplete: false, askedAt };
    });
    const orphans = fills.filter((fill) => !orders.some((order) => order.orderId === fill.orderId));
    if (orphans.length > 0) {
      reports.push({ source: 'stream', order: null, fills: orphans, fillsComplete: false, askedAt });
    }
    if (reports.length > 0) this.#tell({ type: 'reports', reports });
  }

  /** Ends the connection when this process has not run for a while. */
  #wasStopped(connection: Connection): boolean {
    const stoppedMs = performance.now() - connection.lookedAt;
    if (stoppedMs < STOPPED_MS) return false;
    connection.end(`this process was stopped for ${Math.round(stoppedMs)} ms`);
    return true;
  }

  #look(connection: Connection): void {
    if (this.#wasStopped(connection)) return;
    const now = performance.now();
    connection.lookedAt = now;
    if (!connection.confirmed && now - connection.startedAt > CONFIRM_WITHIN_MS) {
      connection.end('the subscription was not confirmed');
    } else if (
      connection.confirmed &&
      now - Math.min(...connection.lastSignAt.values()) > this.#venue.stream.silenceMs
    ) {
      connection.end(`silent for ${this.#venue.stream.silenceMs} ms`);
    }
  }

  #tell(event: StreamEvent): void {
    if (this.#closed) return;
    this.#sink(event);
  }
}
