import type { WebSocket } from 'ws';
import type { Rng } from '../engine/rng.ts';
import type { VenueSocket } from '../venues/protocol.ts';
import type { FaultBook } from './faults.ts';
import type { Outbox } from './outbox.ts';

/** A client that does not read is cut off at this much unsent data. */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;
/** streamReorder: pushes are gathered this many at a time, or this long, and leave in another order. */
const REORDER_WINDOW = 4;
const REORDER_MS = 60;

export interface SocketSetting {
  readonly exchange: string;
  readonly faults: FaultBook;
  readonly outbox: Outbox;
  readonly rng: Rng;
}

/** One WebSocket of one venue, with the stream faults between the venue and the wire. */
export class FaultySocket implements VenueSocket {
  readonly id: number;
  readonly path: string;
  readonly host: string;
  account: string | null = null;
  readonly #socket: WebSocket;
  readonly #setting: SocketSetting;
  #window: (string | Uint8Array)[] = [];
  #windowTimer: NodeJS.Timeout | null = null;

  constructor(id: number, host: string, path: string, socket: WebSocket, setting: SocketSetting) {
    this.id = id;
    this.host = host;
    this.path = path;
    this.#socket = socket;
    this.#setting = setting;
  }

  answer(data: string | Uint8Array): void {
    this.#send(data);
  }

  push(data: string | Uint8Array, scope: 'private' | 'public'): void {
    const { exchange, faults } = this.#setting;
    if (scope === 'public') {
      if (faults.forNamed(exchange, 'publicStreamDrop', null) !== null) this.destroy();
      else if (faults.forNamed(exchange, 'publicStreamSilent', null) === null) this.#send(data);
      return;
    }
    if (faults.forNamed(exchange, 'streamSilent', this.account) !== null) return;
    const held = faults.forNamed(exchange, 'streamDelay', this.account);
    if (held !== null) {
      setTimeout(() => this.#send(data), held.ms);
      return;
    }
    if (faults.forNamed(exchange, 'streamReorder', this.account) !== null) {
      this.#gather(data);
      return;
    }
    if (faults.forNamed(exchange, 'streamGarble', this.account) !== null) {
      this.#send(garbled(data));
      return;
    }
    this.#send(data);
    if (faults.forNamed(exchange, 'streamDuplicate', this.account) !== null) this.#send(data);
  }

  markPrivate(account: string): void {
    this.account = account;
    const { exchange, faults } = this.#setting;
    if (faults.forNamed(exchange, 'streamDrop', account) !== null) this.destroy();
  }

  close(code = 1000): void {
    this.#setting.outbox.send(() => this.#socket.close(code));
  }

  /** As when the line breaks: no closing handshake. */
  destroy(): void {
    this.#socket.terminate();
  }

  ping(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  #gather(data: string | Uint8Array): void {
    this.#window.push(data);
    if (this.#window.length >= REORDER_WINDOW) this.#flushWindow();
    else this.#windowTimer ??= setTimeout(() => this.#flushWindow(), REORDER_MS);
  }

  /** A random order, but never the true one. */
  #flushWindow(): void {
    if (this.#windowTimer !== null) clearTimeout(this.#windowTimer);
    this.#windowTimer = null;
    const messages = this.#window;
    this.#window = [];
    const turn = messages.length > 1 ? this.#setting.rng.between(1, messages.length - 1) : 0;
    const shuffled = [...messages.slice(turn), ...messages.slice(0, turn)];
    if (this.#setting.rng.next() < 0.5 && shuffled.length > 2) shuffled.reverse();
    const isTrueOrder = shuffled.every((message, at) => message === messages[at]);
    for (const message of isTrueOrder ? shuffled.reverse() : shuffled) this.#send(message);
  }

  #send(data: string | Uint8Array): void {
    this.#setting.outbox.send(() => {
      if (this.#socket.readyState !== this.#socket.OPEN) return;
      if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) this.#socket.terminate();
      else this.#socket.send(data);
    });
  }
}

/** The first half of the message: no reader can make sense of it. */
const garbled = (data: string | Uint8Array): string | Uint8Array => data.slice(0, Math.floor(data.length / 2));
