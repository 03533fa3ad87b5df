import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { nowUs } from '../clock.ts';
import { given, serveBench } from './child.ts';

/**
 * Very many subscribers in one process, as cheap as they can be: each is a socket and a count of the messages that hold
 * `MARK`. With `SUBSCRIBE` they speak graphql-ws (the text of the subscribe message), without it they only listen.
 */

const QuestionSchema = z.object({ messages: z.number() });
/** Dialled at the same time. */
const DIALLING = 50;

const environment = z
  .object({ AUDIENCE_URL: z.string(), MEMBERS: z.coerce.number(), MARK: z.string() })
  .parse({ AUDIENCE_URL: given('AUDIENCE_URL'), MEMBERS: given('MEMBERS'), MARK: given('MARK') });
const subscribe = process.env['SUBSCRIBE'] ?? null;
const mark = Buffer.from(environment.MARK);

interface Member {
  readonly socket: WebSocket;
  seen: number;
}
const members: Member[] = [];
let waiting: { readonly messages: number; left: number; readonly tell: (atUs: number) => void } | null = null;

function onMark(member: Member): void {
  member.seen += 1;
  if (waiting === null || member.seen !== waiting.messages) return;
  waiting.left -= 1;
  if (waiting.left === 0) waiting.tell(nowUs());
}

/** Resolves when the member hears what comes from now on. */
async function join(): Promise<void> {
  const protocols = subscribe === null ? [] : ['graphql-transport-ws'];
  const socket = new WebSocket(environment.AUDIENCE_URL, protocols, { perMessageDeflate: false });
  const member: Member = { socket, seen: 0 };
  members.push(member);
  socket.on('close', (code: number, reason: Buffer) => {
    throw new Error(`a subscriber was cut off: ${code} ${reason.toString()}`);
  });
  const listening = Promise.withResolvers<void>();
  socket.on('message', (data: Buffer) => {
    if (data.includes(mark)) return onMark(member);
    const text = data.toString('utf8');
    if (text.includes('connection_ack')) socket.send(subscribe ?? '');
    else if (text.includes('SNAPSHOT_END')) listening.resolve();
    else if (text.includes('"errors"') || text.includes('"type":"error"')) throw new Error(text);
  });
  await once(socket, 'open');
  if (subscribe === null) return;
  const authorization = `Bearer ${given('TOKEN')}`;
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
  await listening.promise;
}

let left = environment.MEMBERS;
const dial = async (): Promise<void> => {
  while (left > 0) {
    left -= 1;
    await join();
  }
};
await Promise.all(Array.from({ length: DIALLING }, dial));

serveBench(null, (question) => {
  const { messages } = QuestionSchema.parse(question);
  return new Promise((resolve) => {
    const late = members.filter(({ seen }) => seen < messages).length;
    if (late === 0) return resolve(nowUs());
    waiting = { messages, left: late, tell: resolve };
  });
});
