import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { Mailbox } from '../subscriptions/mailbox.ts';
import { World } from '../testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await world[Symbol.asyncDispose]();
});

/** So long that a client's share of the kernel's buffers is full long before its mailbox is. */
const REASON = 'x'.repeat(2_000);
const QUERY = `subscription { orderUpdates(accountIds: ["acc-ada"]) { kind cursor
  event { a: reason b: reason c: reason d: reason } } }`;

interface Message {
  type: string;
  payload: { data?: { orderUpdates: { kind: string; cursor: string } } } & { extensions: unknown }[];
}

/** A client without a library, so that it can stop reading. */
class RawClient {
  readonly messages: Message[] = [];
  readonly socket: WebSocket;

  constructor() {
    this.socket = new WebSocket(world.gateway.ws, 'graphql-transport-ws');
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => this.messages.push(JSON.parse(data.toString('utf8')) as Message));
  }

  async subscribe(): Promise<void> {
    await once(this.socket, 'open');
    const authorization = `Bearer ${world.tokens['ada-trader'] ?? ''}`;
    this.socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
    await vi.waitFor(() => expect(this.messages.at(-1)?.type).toBe('connection_ack'), 15_000);
    this.socket.send(JSON.stringify({ id: 'a', type: 'subscribe', payload: { query: QUERY } }));
    await vi.waitFor(() => expect(this.kinds().at(-1)).toBe('SNAPSHOT_END'), 15_000);
  }

  kinds(): (string | undefined)[] {
    return this.messages.map(({ payload }) => payload?.data?.orderUpdates.kind);
  }
}

const send: unknown = Reflect.get(WebSocket.prototype, 'send');

/** What waits in sockets of the server, at most so far, bytes. */
function watchBuffers(): () => number {
  let most = 0;
  vi.spyOn(WebSocket.prototype, 'send').mockImplementation(function (this: WebSocket, ...given: unknown[]) {
    if (typeof send === 'function') Reflect.apply(send, this, given);
    // Only clients have an address to dial.
    if (!this.url) most = Math.max(most, this.bufferedAmount);
  });
  return () => most;
}

/** Each a request to cancel and its refusal, over many orders: the record of one grows with each. */
async function writeLines(pairs: number): Promise<void> {
  const orders = await Promise.all(Array.from({ length: 50 }, () => world.orders.place('ada', 'acc-ada')));
  for (const orderId of orders) await world.orders.acknowledge(orderId);
  for (let n = 0; n < pairs; n += 1) {
    const requestId = `r${n}`;
    await world.orders.apply(
      orders[n % orders.length] ?? '',
      { type: 'CancelRequested', requestId, generation: n, by: 'client' },
      { type: 'CancelSent', requestId, deadlineAt: world.clock.iso() },
      { type: 'CancelRejected', requestId, refusal: 'OTHER', reason: REASON },
    );
  }
}

test(
  'a client that stops reading is told to resume, and little waits in its socket meanwhile',
  { timeout: 120_000 },
  async () => {
    const mostBuffered = watchBuffers();
    const failed = vi.spyOn(Mailbox.prototype, 'fail');
    const client = new RawClient();
    await client.subscribe();
    client.socket.pause();
    await writeLines(3_200);
    await vi.waitFor(() => expect(failed).toHaveBeenCalled(), { timeout: 60_000 });
    // All that the gateway keeps for it is bounded, whatever is written.
    expect(mostBuffered()).toBeGreaterThan(0);
    expect(mostBuffered()).toBeLessThan(1024 * 1024);
    client.socket.resume();
    await vi.waitFor(() => expect(client.messages.at(-1)?.type).toBe('error'), { timeout: 30_000 });
    const last = client.messages.findLast(({ payload }) => payload.data?.orderUpdates.kind === 'EVENT');
    const cursor = last?.payload.data?.orderUpdates.cursor;
    expect(client.messages.at(-1)?.payload).toMatchObject([{ extensions: { code: 'SLOW_CONSUMER', cursor } }]);
    client.socket.terminate();
  },
);

test('a client that asks on and never reads is cut off', { timeout: 120_000 }, async () => {
  const mostBuffered = watchBuffers();
  const client = new RawClient();
  await once(client.socket, 'open');
  client.socket.pause();
  // Pings are answered without any subscription.
  const ping = JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(60_000) } });
  const raw = (client.socket as unknown as { _socket: Socket })._socket;
  const closed = new Promise<void>((resolve) => raw.once('close', () => resolve()));
  const flood = setInterval(() => {
    for (let n = 0; n < 20 && client.socket.readyState === WebSocket.OPEN; n += 1)
      client.socket.send(ping, () => undefined);
  }, 5);
  try {
    await closed;
  } finally {
    clearInterval(flood);
  }
  expect(mostBuffered()).toBeLessThan(16 * 1024 * 1024);
});
