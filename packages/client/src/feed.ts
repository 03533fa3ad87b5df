import type { Addresses } from './addresses.ts';
import { webSocketAddress } from './addresses.ts';
import type { TypedDocument } from './document.ts';
import { OrderplaneError } from './errors.ts';
import { Operation } from './socket.ts';
import type { WebSocketConstructor } from './socket.ts';
import { backoffMs, pause } from './timing.ts';
import type { Pauses } from './timing.ts';

export interface FeedSettings {
  readonly addresses: Addresses;
  readonly WebSocket: WebSocketConstructor;
  readonly token: () => Promise<string>;
  /** Ends with the client. */
  readonly signal: AbortSignal;
  readonly pauses: Pauses;
}

export interface SubscribeOptions {
  /** Ends the subscription, like leaving the loop. */
  readonly signal?: AbortSignal;
  /** Told of every interruption; the subscription goes on by itself. */
  readonly onInterruption?: (error: OrderplaneError) => void;
}

/** What one kind of subscription adds to staying connected. */
export interface FeedKind<Data, Variables, Item> {
  readonly document: TypedDocument<Data, Variables>;
  /** Asked at every connection, when all that came before has been taken by the reader. */
  readonly variables: () => Variables;
  /** What the reader gets of a message; null: nothing yet. */
  readonly accept: (data: Data) => Item | null;
  /** The connection is gone, or the service has ended the subscription. */
  readonly interrupted: (error: OrderplaneError | null) => void;
  /** Ends that would pass elsewhere and do not here. */
  readonly isFinal?: (error: OrderplaneError) => boolean;
  /** Items that may wait for a slow reader. */
  readonly capacity: number;
  /** And what becomes of more: `resume` hangs up and asks for the rest when the reader has caught up. */
  readonly overflow: 'resume' | 'forgetOldest';
}

/** A connection that was up for this long has not failed, it has ended: the next attempt does not wait longer, ms. */
const LASTING_MS = 10_000;

/**
 * A subscription that outlives its connections. Give it one reader. What has come and has not been read when a connection
 * ends is still handed out; only then the next connection asks for what follows.
 */
export class Feed<Data, Variables, Item> implements AsyncIterableIterator<Item, void> {
  readonly #kind: FeedKind<Data, Variables, Item>;
  readonly #settings: FeedSettings;
  readonly #options: SubscribeOptions;
  readonly #items: Item[] = [];
  #operation: Operation | null = null;
  /** Set while the connection is gone: why; null when the service has completed the subscription. */
  #ended: { readonly error: OrderplaneError | null } | null = { error: null };
  #isOverflowing = false;
  #isOver = false;
  #failures = 0;
  #connectedAt: number | null = null;
  #wakeReader: () => void = () => undefined;
  readonly #onAbort = (): void => this.#leave();
  /** Ends a pause. */
  readonly #leaving = new AbortController();
  /** Reads that were asked for before the last one ended wait for it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(kind: FeedKind<Data, Variables, Item>, settings: FeedSettings, options: SubscribeOptions) {
    this.#kind = kind;
    this.#settings = settings;
    this.#options = options;
    for (const signal of [settings.signal, options.signal]) {
      signal?.addEventListener('abort', this.#onAbort, { once: true });
      if (signal?.aborted === true) this.#leave();
    }
  }

  next(): Promise<IteratorResult<Item, void>> {
    const read = this.#last.then(() => this.#read());
    this.#last = read.catch(() => undefined);
    return read;
  }

  return(): Promise<IteratorResult<Item, void>> {
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #read(): Promise<IteratorResult<Item, void>> {
    for (;;) {
      if (this.#isOver) return { done: true, value: undefined };
      const item = this.#items.shift();
      if (item !== undefined) return { done: false, value: item };
      if (this.#ended === null) await this.#somethingHappens();
      else await this.#reconnect(this.#ended.error);
    }
  }

  #somethingHappens(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeReader = resolve;
    });
  }

  async #reconnect(error: OrderplaneError | null): Promise<void> {
    if (error !== null && (!error.isPassing || this.#kind.isFinal?.(error) === true)) return this.#fail(error);
    // The reader was slow, not the service: no reason to wait.
    if (this.#failures > 0 && !this.#isOverflowing) {
      const waitMs = Math.max(error?.retryAfterMs ?? 0, backoffMs(this.#settings.pauses, this.#failures));
      await pause(waitMs, this.#leaving.signal);
    }
    if (this.#isOver) return;
    try {
      await this.#connect();
    } catch (cause) {
      if (!(cause instanceof OrderplaneError) || !cause.isPassing) return this.#fail(cause);
      this.#interrupt(cause);
    }
  }

  async #connect(): Promise<void> {
    const { addresses, WebSocket } = this.#settings;
    const token = await this.#settings.token();
    if (this.#isOver) return;
    const { document, variables } = this.#kind;
    const address = addresses.current;
    const payload = { operationName: document.name, query: document.text, variables: variables() };
    this.#ended = null;
    this.#isOverflowing = false;
    this.#connectedAt = null;
    this.#operation = new Operation(
      { WebSocket, address: webSocketAddress(address), token, payload },
      {
        connected: () => (this.#connectedAt = Date.now()),
        next: (data) => {
          this.#failures = 0;
          this.#take(data);
        },
        ended: (error) => {
          if (error !== null && this.#connectedAt === null) addresses.leave(address);
          this.#interrupt(error);
        },
      },
    );
  }

  #take(data: unknown): void {
    // The types of the document were generated from the schema that the service executes it by.
    const item = this.#kind.accept(data as Data);
    if (item === null) return;
    this.#items.push(item);
    if (this.#items.length > this.#kind.capacity) this.#overflow();
    this.#wakeReader();
  }

  #overflow(): void {
    switch (this.#kind.overflow) {
      case 'forgetOldest':
        this.#items.shift();
        return;
      case 'resume':
        this.#isOverflowing = true;
        this.#operation?.close();
        return this.#interrupt(slowReader(this.#kind.capacity));
    }
  }

  #interrupt(error: OrderplaneError | null): void {
    this.#operation = null;
    const hasLasted = this.#connectedAt !== null && Date.now() - this.#connectedAt > LASTING_MS;
    this.#failures = hasLasted ? 1 : this.#failures + 1;
    this.#connectedAt = null;
    this.#kind.interrupted(error);
    this.#ended = { error };
    if (error !== null && error.isPassing) this.#options.onInterruption?.(error);
    this.#wakeReader();
  }

  /** The error is thrown to the reader, and the feed is over. */
  #fail(cause: unknown): never {
    this.#leave();
    throw cause;
  }

  #leave(): void {
    this.#isOver = true;
    for (const signal of [this.#settings.signal, this.#options.signal])
      signal?.removeEventListener('abort', this.#onAbort);
    this.#operation?.close();
    this.#operation = null;
    this.#items.length = 0;
    this.#leaving.abort();
    this.#wakeReader();
  }
}

const slowReader = (capacity: number): OrderplaneError =>
  new OrderplaneError({
    code: 'SLOW_CONSUMER',
    message: `more than ${capacity} updates were waiting for the reader of this subscription`,
    mayHaveBeenAccepted: false,
    isPassing: true,
  });
