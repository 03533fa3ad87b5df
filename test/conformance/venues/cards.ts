import type { AnyCard } from './card.ts';
import { PLACING } from './cards/a-placing.ts';
import { REFUSALS } from './cards/b-refusals.ts';
import { CANCEL } from './cards/c-cancel.ts';
import { CHANGE } from './cards/d-change.ts';

/** Every card, in order. */
export const CARDS: readonly AnyCard[] = [...PLACING, ...REFUSALS, ...CANCEL, ...CHANGE];
