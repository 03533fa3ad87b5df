import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { remainder } from './history.ts';
import type { Window } from './history.ts';

const PAGE = 5;

/** What a listing by windows finds, of entries at these times, if each answer shows one end of its window. */
function listed(times: readonly number[], whole: Window, latestFirst: boolean): { found: Set<number>; stuck: boolean } {
  const all = times.map((time, at) => ({ time, at })).sort((a, b) => a.time - b.time);
  const found = new Set<number>();
  const windows: Window[] = [whole];
  let answers = 0;
  for (let window = windows.shift(); window !== undefined; window = windows.shift()) {
    const { start, end } = window;
    const within = all.filter((one) => one.time >= start && one.time <= end);
    const answer = latestFirst ? within.slice(-PAGE) : within.slice(0, PAGE);
    for (const one of answer) found.add(one.at);
    expect((answers += 1)).toBeLessThan(2_000);
    if (answer.length < PAGE) continue;
    const more = remainder(
      window,
      answer.map((one) => one.time),
    );
    if (more === null) return { found, stuck: true };
    windows.push(...more);
  }
  return { found, stuck: false };
}

describe('windows of time', () => {
  it('find everything, whichever end of a window an answer shows, or say that they can not', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 80 }), fc.boolean(), (times, latestFirst) => {
        const { found, stuck } = listed(times, { start: 0, end: 70 }, latestFirst);
        const fullest = Math.max(0, ...times.map((time) => times.filter((one) => one === time).length));
        if (fullest < PAGE) expect(stuck).toBe(false);
        if (!stuck) expect(found.size).toBe(times.length);
      }),
    );
  });

  it('do not go on where an instant is full, or an entry lies outside', () => {
    expect(remainder({ start: 5, end: 5 }, [5, 5])).toBeNull();
    expect(remainder({ start: 5, end: 9 }, [4, 6])).toBeNull();
    expect(remainder({ start: 5, end: 9 }, [6, 10])).toBeNull();
  });
});
