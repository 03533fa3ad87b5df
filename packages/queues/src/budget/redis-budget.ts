import { metersOf, RateBook, rankOf, REQUEST_CLASSES } from '@orderplane/domain';
import type { BudgetAnswer, BudgetQuestion, Meter, PauseNotice, RequestBudget } from '@orderplane/domain';
import type { Redis } from 'ioredis';
import { Reach } from '../reach.ts';
import { budgetKeys } from './keys.ts';
import { ASK, LEAVE, PAUSE } from './script.ts';

/** Without Redis this process takes this part of every limit for itself: as many may share an exchange without harm. */
const LOCAL_SHARE = 0.25;
const ANSWER_WITHIN_MS = 500;
const LONGEST_REASON = 300;

/** The scripts as ioredis makes methods of them; the first argument is the number of keys. */
interface Scripts {
  orderplaneBudgetAsk(keyCount: number, ...rest: readonly string[]): Promise<unknown>;
  orderplaneBudgetLeave(keyCount: number, ...rest: readonly string[]): Promise<unknown>;
  orderplaneBudgetPause(keyCount: number, ...rest: readonly string[]): Promise<unknown>;
}

export interface RedisBudgetOptions {
  /** Must fail fast when it is not connected (role `producer`). */
  readonly redis: Redis;
  readonly onError: (error: Error) => void;
  /** Told of every pause that this process has been given by an exchange. */
  readonly onPause?: (notice: PauseNotice) => void;
  /** A Redis that has not answered in this time is taken for away, ms; default 500: no call may hang on it. */
  readonly answerWithinMs?: number;
  /** In place of the clocks of Redis and of this machine, ms. For tests. */
  readonly now?: () => number;
}

/**
 * The budget that all processes share: one atomic script and one round trip a question. While Redis is away each process
 * goes on with a quarter of the limits, counted by itself; what it knows of pauses it keeps to in any case.
 */
export function createRedisBudget(options: RedisBudgetOptions): RequestBudget {
  const { redis } = options;
  redis.defineCommand('orderplaneBudgetAsk', { lua: ASK });
  redis.defineCommand('orderplaneBudgetLeave', { lua: LEAVE });
  redis.defineCommand('orderplaneBudgetPause', { lua: PAUSE });
  const scripts = redis as Redis & Scripts;
  const reach = new Reach(redis, options.onError, options.answerWithinMs ?? ANSWER_WITHIN_MS);
  const local = new RateBook();
  const now = options.now ?? ((): number => Date.now());
  const clock = options.now === undefined ? (): string => '' : (): string => String(now());
  const alone = (question: BudgetQuestion): BudgetAnswer => local.ask(question, now(), LOCAL_SHARE);

  return {
    ask: async (question) => {
      const known = local.ask({ ...question, charges: [] }, now());
      if (!known.granted) return known;
      if (reach.isAway) return alone(question);
      const meters = metersOf(question);
      try {
        const { keys, values } = askArguments(question, meters, clock());
        const answer = await reach.inTime(scripts.orderplaneBudgetAsk(keys.length, ...keys, ...values));
        const read = readAnswer(answer, meters);
        if (!read.granted && read.why === 'paused') local.pause(learnt(question, read), now());
        return read;
      } catch (cause) {
        reach.lost(cause);
        return alone(question);
      }
    },
    leave: async (question) => {
      if (question.id === '') return;
      local.leave(question);
      const keys = metersOf(question).flatMap(({ id }) => budgetKeys.meter(question.place, id));
      if (keys.length === 0 || reach.isAway) return;
      try {
        await reach.inTime(scripts.orderplaneBudgetLeave(keys.length, ...keys, question.id));
      } catch (cause) {
        reach.lost(cause);
      }
    },
    pause: async (notice) => {
      local.pause(notice, now());
      options.onPause?.(notice);
      if (reach.isAway) return;
      const { place, key, classes, forMs } = notice;
      const values = [clock(), String(Math.ceil(forMs)), key ?? '*', notice.reason.slice(0, LONGEST_REASON)];
      const ranks = classes.map((one) => String(rankOf(one)));
      try {
        await reach.inTime(scripts.orderplaneBudgetPause(1, budgetKeys.pauses(place), ...values, ...ranks));
      } catch (cause) {
        reach.lost(cause);
      }
    },
  };
}

function askArguments(question: BudgetQuestion, meters: readonly Meter[], clock: string) {
  const { place, id, key, patienceMs } = question;
  const keys = [budgetKeys.pauses(place)];
  const values = [clock, id, String(rankOf(question.class)), key, String(patienceMs)];
  for (const meter of meters) {
    const { kind, capacity, ceiling, sliceMs, perMs, points, always } = meter;
    keys.push(...budgetKeys.meter(place, meter.id));
    values.push(kind, ...[capacity, ceiling, sliceMs, perMs, points].map(String), always ? '1' : '0');
  }
  return { keys, values };
}

/** Throws TypeError for anything that the script does not say. */
function readAnswer(answer: unknown, meters: readonly Meter[]): BudgetAnswer {
  const fields: readonly unknown[] = Array.isArray(answer) ? answer : [];
  const [granted, waitMs, why, detail, everything] = fields;
  if (granted === 1) return { granted: true };
  if (typeof waitMs === 'number' && typeof detail === 'string') {
    if (why === 'paused') return { granted: false, why, waitMs, detail, everything: everything === 1 };
    if (why === 'full') return { granted: false, why, waitMs, detail: meters[Number(detail) - 1]?.id ?? detail };
  }
  throw new TypeError(`the budget script answered ${JSON.stringify(answer)}`);
}

const learnt = (
  { place, key, class: requestClass }: BudgetQuestion,
  answer: Extract<BudgetAnswer, { why: 'paused' }>,
): PauseNotice => ({
  place,
  key: answer.everything ? null : key,
  classes: answer.everything ? REQUEST_CLASSES : [requestClass],
  forMs: answer.waitMs,
  reason: answer.detail,
});
