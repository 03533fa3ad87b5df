import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { nowUs } from '../clock.ts';
import { serveBench } from './child.ts';

/** Pushes a message of an execution's size, stamped with the moment at which it leaves. */

const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
await new Promise<void>((resolve) => sockets.once('listening', resolve));
const filler = 'x'.repeat(500);
serveBench({ url: `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}` }, async () => {
  const message = JSON.stringify({ filler, pushedUs: nowUs() });
  for (const socket of sockets.clients) socket.send(message);
  return null;
});
