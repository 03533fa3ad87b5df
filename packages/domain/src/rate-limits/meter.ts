import { REQUEST_CLASSES } from './model.ts';
import type { BudgetQuestion, Charge, RequestClass } from './model.ts';

/** A window is counted in this many slices; what was used in a slice counts until the slice has left the window whole. */
export const SLICES = 10;
/**
 * A request arrives up to this long after it was granted, ms: windows are taken longer by it, and of a counter that falls
 * as much is left unused as comes back meanwhile.
 */
const ARRIVAL_MS = 500;
/** Never used: other programs with the same key or address, and what the exchange counts that we don't know of. */
const HEADROOM = 0.05;

/** One charge in plain numbers: all that the arithmetic needs, here and in the script that runs inside Redis. */
export interface Meter {
  /** Of the counter, within its place. */
  readonly id: string;
  readonly kind: 'window' | 'decay';
  readonly capacity: number;
  /** What a request of this class may fill up to. */
  readonly ceiling: number;
  /** Of a window; 0 for a decay. */
  readonly sliceMs: number;
  /** Of a decay; 0 for a window. */
  readonly perMs: number;
  readonly points: number;
  readonly always: boolean;
}

/** The parts of a rule's capacity that a class leaves to those before it. */
function left(charge: Charge, requestClass: RequestClass): number {
  switch (requestClass) {
    case 'cancel':
      return 0;
    case 'submit':
      return charge.rule.keeps.fromSubmits;
    case 'read':
      return charge.rule.keeps.fromReads;
  }
}

function meterOf(charge: Charge, question: BudgetQuestion, share: number): Meter {
  const { rule, points, always } = charge;
  const factor = question.scale * share;
  const { refill } = rule;
  const late = refill.kind === 'decay' ? (refill.perSecond * ARRIVAL_MS) / 1_000 : 0;
  const capacity = Math.max(1, Math.floor((rule.capacity - late) * factor * (1 - HEADROOM)));
  const allowed = Math.floor(capacity * (1 - left(charge, question.class)));
  // A request larger than its part goes when nothing else is counted; else it would wait for ever.
  const ceiling = Math.max(allowed, points);
  const key = rule.scope === 'exchange' ? '' : `:${question.key}`;
  const pair = rule.scope === 'pair' ? `:${charge.pair}` : '';
  return {
    id: `${rule.name}${key}${pair}`,
    kind: refill.kind,
    capacity,
    ceiling,
    sliceMs: refill.kind === 'window' ? Math.ceil((refill.windowMs + ARRIVAL_MS) / SLICES) : 0,
    perMs: refill.kind === 'decay' ? (refill.perSecond * factor) / 1000 : 0,
    points,
    always,
  };
}

/** `share`: the part of everything that this asker may take for granted; 1 where all askers count together. */
export const metersOf = (question: BudgetQuestion, share = 1): readonly Meter[] =>
  question.scale <= 0 ? [] : question.charges.map((charge) => meterOf(charge, question, share));

export const rankOf = (requestClass: RequestClass): number => REQUEST_CLASSES.indexOf(requestClass);
