import type { Redis } from 'ioredis';
import { budgetKeys } from './keys.ts';

/** Until when an exchange has told us to wait, and in which words. */
export interface StandingPause {
  readonly untilMs: number;
  readonly reason: string;
}

/** The longest pause of each place that has one, in one round trip. Throws what ioredis throws. */
export async function readPauses(
  redis: Redis,
  places: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, StandingPause>> {
  const pipeline = redis.pipeline();
  for (const place of places) pipeline.hvals(budgetKeys.pauses(place));
  const answers = (await pipeline.exec()) ?? [];
  const found = new Map<string, StandingPause>();
  for (const [index, [error, values]] of answers.entries()) {
    if (error !== null) throw error;
    const longest = longestOf(Array.isArray(values) ? values : [], nowMs);
    if (longest !== null) found.set(places[index] ?? '', longest);
  }
  return found;
}

function longestOf(values: readonly unknown[], nowMs: number): StandingPause | null {
  let longest: StandingPause | null = null;
  for (const value of values) {
    const [, untilText, reason = ''] = /^(\d+)\|(.*)$/s.exec(String(value)) ?? [];
    const untilMs = Number(untilText);
    if (untilMs > nowMs && untilMs > (longest?.untilMs ?? 0)) longest = { untilMs, reason };
  }
  return longest;
}
