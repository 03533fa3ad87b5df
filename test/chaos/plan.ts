import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { pick, pickWeighted, randomFrom } from '../support/random.ts';
import type { Random } from '../support/random.ts';

/** Something that will be done at a time of the storm; whatever it needs to choose it draws from its own seed. */
export interface Errand<Name extends string> {
  readonly atMs: number;
  readonly name: Name;
  readonly seed: number;
  /** Unique in the run: prefix of every client order id that it uses. */
  readonly id: string;
}
export interface ClientErrand<Name extends string> extends Errand<Name> {
  readonly exchange: ExchangeId;
}

export interface Choice<Name extends string> {
  readonly name: Name;
  readonly weight: number;
}

export interface Storm {
  readonly seed: number;
  readonly stormMs: number;
  /** Client actions begun in a second. */
  readonly ratePerS: number;
}

/** Pause between two accidents, ms: many fall into the consequences of the one before, some find all in order. */
const PAUSES = [200, 500, 1_000, 1_500, 2_500, 4_000, 6_000];

/** A number of its own for every purpose, so that one more draw in one place changes no other. */
const newSeed = (random: Random): number => Math.floor(random() * 2 ** 32);

/** What clients will do. The same storm gives the same errands. */
export function drawErrands<Name extends string>(
  { seed, stormMs, ratePerS }: Storm,
  actions: readonly Choice<Name>[],
): readonly ClientErrand<Name>[] {
  const random = randomFrom(seed);
  const count = Math.floor((stormMs / 1_000) * ratePerS);
  return Array.from({ length: count }, (_, index) => ({
    atMs: Math.round(((index + random()) * 1_000) / ratePerS),
    name: pickWeighted(random, actions).name,
    exchange: pick(random, EXCHANGE_IDS),
    seed: newSeed(random),
    id: `chaos-${seed}-${index}`,
  }));
}

/** What will befall the system. The first errands of the clients meet none, so that everybody knows what is usual. */
export function drawAccidents<Name extends string>(
  { seed, stormMs }: Storm,
  accidents: readonly Choice<Name>[],
): readonly Errand<Name>[] {
  const random = randomFrom(seed ^ 0x5eed);
  const drawn: Errand<Name>[] = [];
  for (let atMs = 2_000; atMs < stormMs; atMs += pick(random, PAUSES)) {
    drawn.push({
      atMs,
      name: pickWeighted(random, accidents).name,
      seed: newSeed(random),
      id: `accident-${drawn.length}`,
    });
  }
  return drawn;
}
