import { AsyncLocalStorage } from 'node:async_hooks';
import { createSourceEventStream } from 'graphql';
import type { ExecutionResult } from 'graphql';
import type { ScopedArgs } from './operation-scope.ts';
import type { Audience, Payload, SharedAnswers } from './shared-answers.ts';
import type { Turn } from './turn.ts';

/** Messages of one operation before others get their turn. */
const BATCH = 64;

/** One subscription: what it selects, for whom, and where it goes. */
export interface Delivery extends ScopedArgs {
  readonly audience: Audience;
  /** Resolves when more may be sent; nothing to wait for: nothing. */
  readonly send: (answer: string) => Promise<void> | void;
}

/** A source that can give what it has without anybody waiting for it. */
export interface EagerSource<T> extends AsyncIterableIterator<T, void> {
  /** At most so many. Empty: ask `next`. */
  takeWaiting(limit: number): readonly T[];
}

const isEager = <T>(source: AsyncIterator<T, void>): source is EagerSource<T> => 'takeWaiting' in source;

/**
 * As graphql-js' `subscribe`, but that the answers are sent from here and not handed on one by one: what waits for a
 * client goes out together. The iterator that is returned yields nothing; it ends, or fails, with the stream.
 */
export async function deliver(
  delivery: Delivery,
  answers: SharedAnswers,
  turn: Turn,
): Promise<AsyncIterableIterator<never, void> | ExecutionResult> {
  const stream = await createSourceEventStream(delivery);
  if (!(Symbol.asyncIterator in stream)) return stream;
  const source = (stream as AsyncIterable<Payload>)[Symbol.asyncIterator]() as AsyncIterator<Payload, void>;
  let stopped = false;
  const tell = async (payloads: readonly Payload[]): Promise<void> => {
    for (const payload of payloads) {
      const answer = answers.of(delivery, delivery.audience, payload);
      const text = typeof answer === 'string' ? answer : await answer;
      const sent = stopped ? undefined : delivery.send(text);
      if (sent !== undefined) await sent;
    }
  };
  const run = async (): Promise<void> => {
    try {
      for (let { done, value } = await source.next(); done !== true; { done, value } = await source.next()) {
        if (turn.isOver) await turn.next();
        await tell([value as Payload]);
        if (!isEager(source)) continue;
        for (let more = source.takeWaiting(BATCH); more.length > 0 && !stopped; more = source.takeWaiting(BATCH)) {
          await tell(more);
          if (turn.isOver) await turn.next();
        }
      }
    } finally {
      await source.return?.();
    }
  };
  // Whoever asks for the first message asks outside of the operation's scope.
  const inItsScope = AsyncLocalStorage.snapshot();
  let running: Promise<void> | null = null;
  const stop = async (): Promise<IteratorResult<never, void>> => {
    stopped = true;
    await source.return?.();
    return { done: true, value: undefined };
  };
  const iterator: AsyncIterableIterator<never, void> = {
    next: async () => {
      await (running ??= inItsScope(run));
      return { done: true, value: undefined };
    },
    return: stop,
    throw: stop,
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
