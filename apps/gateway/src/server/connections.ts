import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { CloseCode, type Server } from 'graphql-ws';
import type { Extra } from 'graphql-ws/use/ws';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Logger } from '@orderplane/service-kit';

const PING_MS = 12_000;
/** A connection that answers no ping within this is dead, ms. Asked at the next ping. */
const PATIENCE_MS = 11_000;
/** Bytes that may wait in a socket before the next message waits until they have gone. */
const HIGH_WATER_BYTES = 64 * 1024;
/** Bytes that may wait for a client that asks for more and does not read what it was given. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/**
 * What one turn of the event loop sends through a socket leaves in one system call. That call costs more than all else
 * that is done for one update of one subscriber.
 */
class Corks {
  #corked = new Set<Socket>();

  hold(socket: Socket): void {
    if (this.#corked.has(socket)) return;
    if (this.#corked.size === 0) setImmediate(() => this.#release());
    this.#corked.add(socket);
    socket.cork();
  }

  #release(): void {
    const corked = this.#corked;
    this.#corked = new Set();
    for (const socket of corked) socket.uncork();
  }
}

/** Puts the graphql-ws protocol on WebSockets, with a limit on what waits in each. */
export class Connections {
  readonly #sockets: WebSocketServer;
  readonly #server: Server<Extra>;
  readonly #log: Logger;
  readonly #corks = new Corks();
  /** When the ping was sent that has no answer yet, ms of the process's own clock. */
  readonly #pinged = new WeakMap<WebSocket, number>();
  readonly #pinging: NodeJS.Timeout;

  constructor(sockets: WebSocketServer, server: Server<Extra>, log: Logger) {
    this.#sockets = sockets;
    this.#server = server;
    this.#log = log;
    sockets.on('connection', (socket, request) => this.#open(socket, request));
    sockets.on('error', (cause) => log.error({ err: cause }, 'the WebSocket server failed'));
    // In the phase after the one that reads: a process that was paused first hears the answers that came meanwhile.
    this.#pinging = setInterval(() => setImmediate(() => this.#ping()), PING_MS);
  }

  /** Ends every connection with close code 1001 (going away); resolves when all have gone, after `graceMs` by force. */
  async close(graceMs: number): Promise<void> {
    clearInterval(this.#pinging);
    const impatience = setTimeout(() => this.#sockets.clients.forEach((socket) => socket.terminate()), graceMs);
    for (const socket of this.#sockets.clients) socket.close(1001, 'Going away');
    this.#sockets.removeAllListeners();
    await new Promise<void>((resolve, reject) => this.#sockets.close((cause) => (cause ? reject(cause) : resolve())));
    clearTimeout(impatience);
  }

  #open(socket: WebSocket, request: IncomingMessage): void {
    const closed = this.#server.opened(
      {
        protocol: socket.protocol,
        send: (data) => this.send(socket, request.socket, data),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (receive) =>
          socket.on('message', (data: Buffer) => void this.#receive(socket, data.toString('utf8'), receive)),
      },
      { socket, request },
    );
    socket.on('pong', () => this.#pinged.delete(socket));
    // A frame that is too large or malformed; ws closes the connection itself, with the code of the fault.
    socket.on('error', (cause) => this.#log.debug({ err: cause }, 'a connection broke'));
    socket.once('close', (code, reason) => {
      closed(code, String(reason)).catch((cause: unknown) =>
        this.#log.error({ err: cause }, 'a connection was not closed'),
      );
    });
  }

  /** Resolves when the next message may be sent: at once, unless the client is behind. */
  send(socket: WebSocket, raw: Socket, data: string): Promise<void> | void {
    if (socket.readyState !== socket.OPEN) return;
    this.#corks.hold(raw);
    if (socket.bufferedAmount < HIGH_WATER_BYTES) return socket.send(data);
    return new Promise((resolve) => socket.send(data, () => resolve()));
  }

  async #receive(socket: WebSocket, data: string, receive: (data: string) => Promise<void>): Promise<void> {
    if (socket.bufferedAmount > MAX_WAITING_BYTES) {
      this.#log.warn({ waitingBytes: socket.bufferedAmount }, 'a client asks on and does not read');
      return socket.terminate();
    }
    try {
      await receive(data);
    } catch (cause) {
      this.#log.error({ err: cause }, 'a message could not be handled');
      socket.close(CloseCode.InternalServerError, 'Internal server error');
    }
  }

  #ping(): void {
    const now = performance.now();
    for (const socket of this.#sockets.clients) {
      const pingedAt = this.#pinged.get(socket);
      if (pingedAt !== undefined && now - pingedAt >= PATIENCE_MS) socket.terminate();
      else if (pingedAt === undefined && socket.readyState === socket.OPEN) {
        this.#pinged.set(socket, now);
        socket.ping();
      }
    }
  }
}
