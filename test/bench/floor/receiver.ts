import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { nowUs } from '../clock.ts';
import { given, serveBench } from './child.ts';
import { openCommit } from './commit.ts';

/** Commits what the pusher pushes; answers with how long that took from the push on, µs. */

const MessageSchema = z.object({ pushedUs: z.number() });
const commit = openCommit();
const socket = new WebSocket(given('PUSHER_URL'), { perMessageDeflate: false });
await once(socket, 'open');
let told: (tookUs: number) => void = () => undefined;
socket.on('message', (data: Buffer) => {
  const text = data.toString('utf8');
  const { pushedUs } = MessageSchema.parse(JSON.parse(text));
  void commit(text).then(() => told(nowUs() - pushedUs));
});
serveBench(null, () => new Promise((resolve) => (told = resolve)));
