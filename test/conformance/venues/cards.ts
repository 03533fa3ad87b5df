import type { AnyCard } from './card.ts';
import { PLACING } from './cards/a-placing.ts';
import { REFUSALS } from './cards/b-refusals.ts';
import { CANCEL } from './cards/c-cancel.ts';
import { CHANGE } from './cards/d-change.ts';
import { DOUBT } from './cards/e-doubt.ts';
import { LIMITS } from './cards/f-limits.ts';
import { STREAMS } from './cards/g-streams.ts';
import { LISTINGS } from './cards/h-listings.ts';
import { NUMBERS } from './cards/i-numbers.ts';
import { SEVERAL } from './cards/j-several.ts';

/** Every card, in order. */
export const CARDS: readonly AnyCard[] = [
  ...PLACING,
  ...REFUSALS,
  ...CANCEL,
  ...CHANGE,
  ...DOUBT,
  ...LIMITS,
  ...STREAMS,
  ...LISTINGS,
  ...NUMBERS,
  ...SEVERAL,
];
