import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { nowUs } from '../clock.ts';
import { given, serveBench } from './child.ts';

/** Sends a message of an update's size to everybody who listens, so many times, and does nothing else. */

const QuestionSchema = z.object({ messages: z.number() });
const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
await new Promise<void>((resolve) => sockets.once('listening', resolve));
const message = given('MESSAGE');

/** Each socket takes one message after the other, as ours do. Answers with the moment at which the first one left. */
serveBench({ url: `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}` }, async (question) => {
  const { messages } = QuestionSchema.parse(question);
  const startedUs = nowUs();
  for (let number = 0; number < messages; number += 1)
    await Promise.all(
      [...sockets.clients].map(
        (socket) =>
          new Promise<void>((resolve, reject) => socket.send(message, (cause) => (cause ? reject(cause) : resolve()))),
      ),
    );
  return startedUs;
});
