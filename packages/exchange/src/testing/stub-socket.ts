import { createHash } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** One WebSocket connection of the stub, seen from the server. It reads nothing and answers no pings. */
export interface StubSocket {
  readonly host: string;
  /** With the query. */
  readonly path: string;
  send(message: unknown): void;
  sendText(text: string): void;
  sendBytes(bytes: Uint8Array): void;
  destroy(): void;
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const TEXT = 0x81;
const BINARY = 0x82;

function frame(payload: Buffer, kind: number): Buffer {
  if (payload.length < 126) return Buffer.concat([Buffer.from([kind, payload.length]), payload]);
  const head = Buffer.alloc(4);
  head.writeUInt8(kind, 0);
  head.writeUInt8(126, 1);
  head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** Accepts every WebSocket upgrade of the server and hands it over. */
export function acceptSockets(server: Server, connected: (socket: StubSocket) => void): void {
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on('error', () => undefined);
    socket.resume();
    connected({
      host: request.headers.host ?? '',
      path: request.url ?? '/',
      send: (message) => void socket.write(frame(Buffer.from(JSON.stringify(message)), TEXT)),
      sendText: (text) => void socket.write(frame(Buffer.from(text), TEXT)),
      sendBytes: (bytes) => void socket.write(frame(Buffer.from(bytes), BINARY)),
      destroy: () => void socket.destroy(),
    });
  });
}
