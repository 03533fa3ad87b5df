import { createHash } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** One WebSocket connection of the stub, seen from the server. It reads nothing and answers no pings. */
export interface StubSocket {
  readonly host: string;
  send(message: unknown): void;
  sendText(text: string): void;
  destroy(): void;
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length < 126) return Buffer.concat([Buffer.from([0x81, payload.length]), payload]);
  const head = Buffer.alloc(4);
  head.writeUInt8(0x81, 0);
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
      send: (message) => void socket.write(frame(JSON.stringify(message))),
      sendText: (text) => void socket.write(frame(text)),
      destroy: () => void socket.destroy(),
    });
  });
}
