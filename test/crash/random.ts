/** Seeded numbers in [0, 1) (mulberry32): the same seed gives the same schedule. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<Item>(random: () => number, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

/** CRASH_SEED repeats a run; otherwise every run has its own seed. */
export const newSeed = (): number => {
  const given = process.env['CRASH_SEED'];
  return given === undefined || given === '' ? Math.floor(Math.random() * 2 ** 31) : Number(given);
};

/** Runs it with a seed that stands in the message of every failure. */
export async function seeded(run: (random: () => number) => Promise<void>): Promise<void> {
  const seed = newSeed();
  try {
    await run(randomFrom(seed));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`CRASH_SEED=${seed}: ${message}`, { cause });
  }
}
