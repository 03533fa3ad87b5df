import type { CcxtInstance, CcxtSocketClient } from './ccxt.ts';

export interface SocketTap {
  /** Every raw message first. False: ccxt does not see it. */
  message(message: unknown): boolean;
  /** Any sign of life: message, ping, pong. */
  alive(): void;
  closed(reason: string): void;
}

const taps = new WeakMap<CcxtInstance, Map<string, SocketTap>>();
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 30_000;

/** Wait before the next dial after so many failures in a row: at once, then 250 ms × 2ⁿ up to 30 s. */
export const backoffMs = (failures: number): number =>
  failures === 0 ? FIRST_BACKOFF_MS : Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures, 20));

/** Some rejections inside ccxt have no listener of their own and would end the process. */
const quiet = (promise: Promise<unknown> | undefined): void => {
  promise?.catch(() => undefined);
};

function tapClient(client: CcxtSocketClient, tapOf: () => SocketTap | undefined): void {
  const future = client.future.bind(client);
  const onPing = client.onPing.bind(client);
  const onPong = client.onPong.bind(client);
  const onClose = client.onClose.bind(client);
  client.future = (hash) => {
    const made = future(hash);
    quiet(made);
    return made;
  };
  client.onPing = () => {
    tapOf()?.alive();
    onPing();
  };
  client.onPong = () => {
    tapOf()?.alive();
    onPong();
  };
  client.onClose = (event) => {
    tapOf()?.closed('the connection was closed');
    onClose(event);
  };
}

/** Once per instance: every message and every new socket of it passes through us. */
function install(instance: CcxtInstance): Map<string, SocketTap> {
  const byUrl = new Map<string, SocketTap>();
  const tapped = new WeakSet<CcxtSocketClient>();
  const client = instance.client.bind(instance);
  instance.client = (url) => {
    const made = client(url);
    if (!tapped.has(made)) {
      tapped.add(made);
      // Only for the socket in use: one that was given up says nothing about its successor.
      tapClient(made, () => (instance.clients[made.url] === made ? byUrl.get(made.url) : undefined));
    }
    return made;
  };
  const handle = instance.handleMessage.bind(instance);
  instance.handleMessage = (from, message) => {
    const tap = byUrl.get(from.url);
    // A socket that was given up may still deliver what it had buffered.
    if (instance.clients[from.url] !== from) return;
    tap?.alive();
    if (tap === undefined || tap.message(message)) handle(from, message);
  };
  taps.set(instance, byUrl);
  return byUrl;
}

/** Listens to the sockets of this address, present and future, until the returned function is called. */
export function tapSockets(instance: CcxtInstance, url: string, tap: SocketTap): () => void {
  const byUrl = taps.get(instance) ?? install(instance);
  byUrl.set(url, tap);
  return () => {
    if (byUrl.get(url) === tap) byUrl.delete(url);
  };
}

/** Gives a socket up at once, also one that no longer answers; what waited for it inside ccxt ends quietly. */
export function dropSocket(instance: CcxtInstance, url: string): void {
  const client = instance.clients[url];
  if (client === undefined) return;
  Reflect.deleteProperty(instance.clients, url);
  for (const future of Object.values(client.futures)) quiet(future);
  const gone = new Error('the connection was given up');
  client.error = gone;
  client.reset(gone);
  // ws emits "error" when a socket is terminated while it connects; nobody else listens by then.
  const connection = client.connection as { on?: (event: string, listener: () => void) => void } | undefined;
  connection?.on?.('error', () => undefined);
  client.connection?.terminate?.();
}

/** A wait that can be cut short. */
export class Pause {
  #stop: (() => void) | null = null;
  #ended = false;

  async wait(ms: number): Promise<void> {
    if (this.#ended) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#stop = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  end(): void {
    this.#ended = true;
    this.#stop?.();
  }
}
