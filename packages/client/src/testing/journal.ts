import type { SocketLike, WebSocketConstructor } from '../socket.ts';
import { anOrder } from './orders.ts';

/** What a connection does after some messages: breaks, or is ended by the service in one of its ways. */
export interface Accident {
  readonly afterMessages: number;
  readonly how:
    'break' | 'close1000' | 'complete' | 'SLOW_CONSUMER' | 'CURSOR_EXPIRED' | 'SERVICE_UNAVAILABLE' | 'refuse';
}

/**
 * For tests: the service's side of `orderUpdates` and `alertUpdates` on sockets without a network. Its journal has `length` changes of one
 * order each; the n-th connection meets the n-th accident, later ones none. Cursors are numbers.
 */
export class Journal {
  readonly asked: (string | null)[] = [];
  readonly #length: number;
  readonly #openOrders: number;
  readonly #accidents: readonly Accident[];
  #connections = 0;
  /** Messages that were sent on the present connection. */
  sent = 0;

  constructor(length: number, openOrders: number, accidents: readonly Accident[]) {
    this.#length = length;
    this.#openOrders = openOrders;
    this.#accidents = accidents;
  }

  /** Sockets that lead here; every message takes a turn of its own. */
  get WebSocket(): WebSocketConstructor {
    const serve: Subscribed = (socket, after, field) => this.#serve(socket, after, field);
    return class extends FakeSocket {
      constructor() {
        super(serve);
      }
    };
  }

  #serve(socket: FakeSocket, after: string | null, field: Field): void {
    this.asked.push(after);
    this.sent = 0;
    const accident = this.#accidents[this.#connections++];
    const changes = field === 'orderUpdates' ? this.#events(Number(after ?? 0)) : this.#alerts(Number(after ?? 0));
    const messages = after === null && field === 'orderUpdates' ? [...this.#snapshot(), ...changes] : changes;
    const step = (): void => {
      if (socket.isClosed) return;
      if (accident !== undefined && this.sent >= accident.afterMessages) return socket.accident(accident.how);
      const update = messages[this.sent];
      if (update === undefined) return;
      this.sent += 1;
      socket.tell({ id: '1', type: 'next', payload: { data: { [field]: update } } });
      setImmediate(step);
    };
    setImmediate(step);
  }

  #alerts(after: number): readonly object[] {
    return Array.from({ length: Math.max(0, this.#length - after) }, (_, n) => ({
      id: `alert-${after + n + 1}`,
      cursor: String(after + n + 1),
    }));
  }

  #snapshot(): readonly object[] {
    const lines = Array.from({ length: this.#openOrders }, (_, n) => ({
      ...{ kind: 'SNAPSHOT', cursor: '0', event: null },
      order: anOrder({ id: `open-${n}` }),
    }));
    return [...lines, { kind: 'SNAPSHOT_END', cursor: '0', order: null, event: null }];
  }

  #events(after: number): readonly object[] {
    return Array.from({ length: Math.max(0, this.#length - after) }, (_, n) => {
      const cursor = String(after + n + 1);
      const event = { cursor, orderId: 'o1', type: 'ORDER_ACKNOWLEDGED', fromState: 'SUBMITTED', reason: null };
      return {
        ...{ kind: 'EVENT', cursor, order: anOrder() },
        event: { ...event, toState: 'ACKNOWLEDGED', source: 'exchange', at: '2026-01-01T00:00:00.000Z' },
      };
    });
  }
}

type Field = 'orderUpdates' | 'alertUpdates';
type Subscribed = (socket: FakeSocket, after: string | null, field: Field) => void;

class FakeSocket implements SocketLike {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  isClosed = false;
  readonly #subscribed: Subscribed;

  constructor(subscribed: Subscribed) {
    this.#subscribed = subscribed;
    setImmediate(() => this.onopen?.({} as never));
  }

  send(text: string): void {
    const message = JSON.parse(text) as {
      type: string;
      payload?: { operationName?: string; variables?: { after?: string | null } };
    };
    if (message.type === 'connection_init') setImmediate(() => this.tell({ type: 'connection_ack' }));
    if (message.type !== 'subscribe') return;
    const field = message.payload?.operationName === 'AlertUpdates' ? 'alertUpdates' : 'orderUpdates';
    this.#subscribed(this, message.payload?.variables?.after ?? null, field);
  }

  close(): void {
    this.isClosed = true;
  }

  tell(message: object): void {
    if (!this.isClosed) this.onmessage?.({ data: JSON.stringify(message) } as never);
  }

  accident(how: Accident['how']): void {
    switch (how) {
      case 'break':
        return this.onclose?.({ code: 1006, reason: '' } as never);
      case 'close1000':
        return this.onclose?.({ code: 1000, reason: 'bye' } as never);
      case 'refuse':
        return this.onclose?.({ code: 4401, reason: 'UNAUTHENTICATED' } as never);
      case 'complete':
        return this.tell({ id: '1', type: 'complete' });
      case 'SLOW_CONSUMER':
      case 'CURSOR_EXPIRED':
      case 'SERVICE_UNAVAILABLE':
        return this.tell({ id: '1', type: 'error', payload: [{ message: how, extensions: { code: how } }] });
    }
  }
}
