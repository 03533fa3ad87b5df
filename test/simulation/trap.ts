/** Calls of the machine's own clock, chance or timers during a run: each would make two runs of a seed differ. */
export type Leak = string;

const OURS = /\/(?:packages|apps|test)\/(?!.*\/node_modules\/)/;

/** Who called, if it was our own code; null: the tool that runs us keeps its own time. */
function caller(): string | null {
  const frames = (new Error().stack ?? '').split('\n').slice(3);
  const own = frames.find((frame) => OURS.test(frame) && !frame.includes('node_modules'));
  return own === undefined ? null : own.trim();
}

/**
 * Runs it without a world: what our code asks of the real clock, of chance or of timers is refused and told. Entropy
 * that is imported by name (node:crypto) can't be taken away: services get their ids as an argument.
 */
export async function withoutWorld<Result>(
  run: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly leaks: readonly Leak[] }> {
  const leaks: Leak[] = [];
  const real = { Date, random: Math.random, now: performance.now.bind(performance), setTimeout, setInterval };
  const refuse = (what: string): void => {
    const who = caller();
    if (who === null) return;
    leaks.push(`${what} ${who}`);
    throw new Error(`${what} in a simulation`);
  };
  class TrappedDate extends Date {
    constructor(...given: readonly (number | string | Date)[]) {
      if (given.length === 0) refuse('new Date()');
      super(...(given as [number]));
    }
    static override now(): number {
      refuse('Date.now');
      return real.Date.now();
    }
  }
  const trapped =
    <Args extends readonly unknown[], Value>(what: string, call: (...args: Args) => Value) =>
    (...args: Args): Value => {
      refuse(what);
      return call(...args);
    };
  Object.assign(globalThis, {
    Date: TrappedDate,
    setTimeout: trapped('setTimeout', real.setTimeout),
    setInterval: trapped('setInterval', real.setInterval),
  });
  Math.random = trapped('Math.random', real.random);
  performance.now = trapped('performance.now', real.now);
  try {
    return { result: await run(), leaks };
  } finally {
    Object.assign(globalThis, { Date: real.Date, setTimeout: real.setTimeout, setInterval: real.setInterval });
    Math.random = real.random;
    performance.now = real.now;
  }
}
