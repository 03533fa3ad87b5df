import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestTurns, Turn, TurnQuestion } from '@orderplane/domain';
import type { Redis } from 'ioredis';
import { Reach } from '../reach.ts';
import { END, TAKE } from './script.ts';

const ANSWER_WITHIN_MS = 500;
/** Longer than any owner keeps a turn: it only serves the next after a crash, ms. */
const LONGEST_TURN_MS = 500;
/** How often a waiter asks again: at first and at most, ms. */
const ASK_EVERY_MS = { first: 1, most: 3 } as const;

interface Scripts {
  orderplaneTurnTake(keyCount: number, ...rest: readonly string[]): Promise<unknown>;
  orderplaneTurnEnd(keyCount: number, ...rest: readonly string[]): Promise<unknown>;
}

export interface RedisTurnsOptions {
  /** Must fail fast when it is not connected (role `producer`). */
  readonly redis: Redis;
  readonly onError: (error: Error) => void;
  /** A Redis that has not answered in this time is taken for away, ms; default 500. */
  readonly answerWithinMs?: number;
}

/** Owner, line, last questions, highest number: one slot of a cluster for each key of an exchange. */
const keysOf = ({ place, key }: TurnQuestion): readonly string[] =>
  ['owner', 'line', 'asked', 'number'].map((name) => `orderplane:turns:{${place}:${key}}:${name}`);

/**
 * Turns that all processes share, served in the order of arrival. Each process lets its own requests of a key queue up
 * before it asks, so that a line is as long as there are processes, and no process takes the turns of another.
 */
export function createRedisTurns(options: RedisTurnsOptions): RequestTurns {
  const { redis } = options;
  redis.defineCommand('orderplaneTurnTake', { lua: TAKE });
  redis.defineCommand('orderplaneTurnEnd', { lua: END });
  const scripts = redis as Redis & Scripts;
  const reach = new Reach(redis, options.onError, options.answerWithinMs ?? ANSWER_WITHIN_MS);

  const take = async (question: TurnQuestion): Promise<Turn> => {
    const id = randomUUID();
    const keys = keysOf(question);
    const until = performance.now() + question.patienceMs;
    const end = (): void => void scripts.orderplaneTurnEnd(keys.length, ...keys, id).catch(() => undefined);
    const ask = (): Promise<unknown> =>
      scripts.orderplaneTurnTake(keys.length, ...keys, id, String(question.atLeast), String(LONGEST_TURN_MS));
    let waitMs: number = ASK_EVERY_MS.first;
    while (!reach.isAway) {
      try {
        const number = Number(await reach.inTime(ask()));
        if (number > 0) return { number, end };
      } catch (cause) {
        reach.lost(cause);
        break;
      }
      if (performance.now() + waitMs > until) break;
      await sleep(waitMs);
      waitMs = Math.min(ASK_EVERY_MS.most, waitMs * 2);
    }
    // It may have been given the turn in an answer that came too late: nobody is to wait for that.
    end();
    return { number: question.atLeast, end: () => undefined };
  };
  return { take };
}
