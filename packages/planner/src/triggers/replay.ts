import type { TriggerSource } from '@orderplane/domain';
import type { TriggerBook } from './book.ts';
import type { Armed, Hit, Print } from './model.ts';

/**
 * Lets the book see past prices of one source, oldest first, as if it had been there: each trigger fires at the first
 * price that reaches it and is not older than `countsFrom` says. Those that fire are taken out of the book.
 */
export function replay(
  book: TriggerBook,
  source: TriggerSource,
  prints: readonly Print[],
  countsFrom: (armed: Armed) => string,
): Hit[] {
  const hits: Hit[] = [];
  /** Reached by a price from before their time: out of the book until their time has come. */
  let early: { readonly armed: Armed; readonly from: string }[] = [];
  for (const { price, at } of prints) {
    if (early.length > 0) {
      for (const { armed, from } of early) if (from <= at) book.arm(armed);
      early = early.filter(({ from }) => from > at);
    }
    for (const armed of book.reached(source, price)) {
      const from = countsFrom(armed);
      if (from <= at) hits.push({ armed, fired: { source, price, at } });
      else early.push({ armed, from });
    }
  }
  for (const { armed } of early) book.arm(armed);
  return hits;
}
