import { metersOf, RateBook, rankOf, REQUEST_CLASSES } from '@orderplane/domain';
import type { BudgetAnswer, BudgetQuestion, Meter, PauseNotice, RequestBudget } from '@orderplane/domain';
import type { Redis } from 'ioredis';
import { budgetKeys } from './keys.ts';
import { ASK, LEAVE, PAUSE } from './script.ts';

/** Without Redis this process takes this part of every limit for itself: as many may share an exchange without harm. */
const LOCAL_SHARE = 0.25;
const ANSWER_WITHIN_MS = 500;
/** It is asked again after this time, ms. */
const ASK_AGAIN_MS = 1_000;
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
  const answerWithinMs = options.answerWithinMs ?? ANSWER_WITHIN_MS;
  const local = new RateBook();
  const now = options.now ?? ((): number => Date.now());
  const clock = options.now === undefined ? (): string => '' : (): string => String(now());
  let awayUntilMs = 0;

  const isAway = (): boolean => redis.status !== 'ready' || performance.now() < awayUntilMs;
  const lost = (cause: unknown): void => {
    const isNews = performance.now() >= awayUntilMs;
    awayUntilMs = performance.now() + ASK_AGAIN_MS;
    if (isNews) options.onError(cause instanceof Error ? cause : new Error(String(cause)));
  };
  const alone = (question: BudgetQuestion): BudgetAnswer => local.ask(question, now(), LOCAL_SHARE);

  return {
    ask: async (question) => {
      const known = local.ask({ ...question, charges: [] }, now());
      if (!known.granted) return known;
      if (isAway()) return alone(question);
      const meters = metersOf(question);
      try {
        const { keys, values } = askArguments(question, meters, clock());
        const answer = await inTime(scripts.orderplaneBudgetAsk(keys.length, ...keys, ...values), answerWithinMs);
        const read = readAnswer(answer, meters);
        if (!read.granted && read.why === 'paused') local.pause(learnt(question, read), now());
        return read;
      } catch (cause) {
        lost(cause);
        return alone(question);
      }
    },
    leave: async (question) => {
      if (question.id === '') return;
      local.leave(question);
      const keys = metersOf(question).flatMap(({ id }) => budgetKeys.meter(question.place, id));
      if (keys.length === 0 || isAway()) return;
      try {
        await inTime(scripts.orderplaneBudgetLeave(keys.length, ...keys, question.id), answerWithinMs);
      } catch (cause) {
        lost(cause);
      }
    },
    pause: async (notice) => {
      local.pause(notice, now());
      options.onPause?.(notice);
      if (isAway()) return;
      const { place, key, classes, forMs } = notice;
      const values = [clock(), String(Math.ceil(forMs)), key ?? '*', notice.reason.slice(0, LONGEST_REASON)];
      const ranks = classes.map((one) => String(rankOf(one)));
      try {
        await inTime(scripts.orderplaneBudgetPause(1, budgetKeys.pauses(place), ...values, ...ranks), answerWithinMs);
      } catch (cause) {
        lost(cause);
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

async function inTime<Value>(answer: Promise<Value>, timeoutMs: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = (): void => reject(new Error(`no answer of Redis within ${timeoutMs} ms`));
    // After a stall of this process its timers come before the answers that have arrived: these are read first.
    timer = setTimeout(() => setImmediate(giveUp), timeoutMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
    // What comes after all concerns nobody any more, nor does its failure.
    answer.catch(() => undefined);
  }
}
