import { canonicalDecimal, compare } from '@orderplane/domain';
import type { Market } from '@orderplane/domain';
import type { PublicTrade, Tape } from './adapter.ts';
import { isRecord } from './outcome.ts';
import type { Ask, Link } from './venue.ts';

/** Requests for one read of a tape. */
const MAX_PAGES = 10;

export interface TapePage<Cursor> {
  /** As the exchange gives them: oldest first where it lists forwards, newest first where backwards. */
  readonly trades: readonly PublicTrade[];
  /** Where to go on; null: nothing more is to be had in this direction. */
  readonly next: Cursor | null;
  /** The exchange keeps no more, or gives no more, and there may have been some before. */
  readonly cutOff?: boolean;
}

/** How one exchange lists the public trades of a market, page by page, from the oldest wanted on or back to it. */
export interface TapeCalls<Cursor = unknown> {
  readonly direction: 'forwards' | 'backwards';
  first(sinceMs: number, nowMs: number): Cursor;
  ask(link: Link, market: Market, cursor: Cursor): Promise<unknown>;
  /** Throws what it can't read. */
  read(payload: unknown, cursor: Cursor, sinceMs: number): TapePage<Cursor>;
}

/** Keeps the cursor's type inside the venue's own file. */
export const tapeCalls = <Cursor>(calls: TapeCalls<Cursor>): TapeCalls => calls;

/** What could be read, or why nothing could. */
export async function readTape(
  calls: TapeCalls,
  link: Link,
  ask: Ask,
  market: Market,
  sinceMs: number,
): Promise<Tape | { readonly error: string }> {
  const trades: PublicTrade[] = [];
  let cursor: unknown = calls.first(sinceMs, link.clock.now());
  const tape = (rest: { readonly reachesBack: boolean; readonly more: boolean }): Tape => ({
    trades: inOrder(calls.direction === 'backwards' ? trades.toReversed() : trades, sinceMs),
    ...rest,
  });
  for (let pages = 1; ; pages += 1) {
    const asked = cursor;
    const verdict = await ask(() => calls.ask(link, market, asked));
    const page = verdict.kind === 'success' ? readPage(calls, verdict.payload, asked, sinceMs) : null;
    if (page === null || 'error' in page) {
      // What was read forwards is whole as far as it goes; backwards the hole would be before it.
      if (calls.direction === 'forwards' && pages > 1) return tape({ reachesBack: true, more: true });
      return { error: page?.error ?? (verdict.kind === 'failed' ? verdict.message : 'not found') };
    }
    trades.push(...page.trades);
    if (page.next === null) return tape({ reachesBack: page.cutOff !== true, more: false });
    if (pages >= MAX_PAGES) {
      const forwards = calls.direction === 'forwards';
      return tape({ reachesBack: forwards, more: forwards });
    }
    cursor = page.next;
  }
}

function readPage(
  calls: TapeCalls,
  payload: unknown,
  cursor: unknown,
  sinceMs: number,
): TapePage<unknown> | { readonly error: string } {
  try {
    return calls.read(payload, cursor, sinceMs);
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** By time; trades of one millisecond stay in the order in which the exchange gave them, oldest first. */
function inOrder(trades: readonly PublicTrade[], sinceMs: number): readonly PublicTrade[] {
  const since = new Date(sinceMs).toISOString();
  return trades.filter(({ at }) => at >= since).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** One trade from its native price and instant (ms). Throws for anything that is neither. */
export function publicTrade(price: unknown, atMs: unknown): PublicTrade {
  if (typeof price !== 'string' && typeof price !== 'number') throw new TypeError('a trade without a price');
  const exact = canonicalDecimal(price);
  const ms = Math.floor(Number(atMs));
  if (compare(exact, '0') <= 0 || !Number.isSafeInteger(ms) || ms <= 0)
    throw new TypeError('a trade without a price or a time');
  return { price: exact, at: new Date(ms).toISOString() };
}

/** The records of a list. Throws when it is none, or holds anything else. */
export function recordsOf(list: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(list)) throw new TypeError('not a list of trades');
  return list.map((entry: unknown) => {
    if (!isRecord(entry)) throw new TypeError('not a trade');
    return entry;
  });
}

/** Of the oldest trade, ms; null: there is none. */
export const oldestMs = (trades: readonly PublicTrade[]): number | null =>
  trades.length === 0 ? null : Math.min(...trades.map(({ at }) => Date.parse(at)));
export const newestMs = (trades: readonly PublicTrade[]): number | null =>
  trades.length === 0 ? null : Math.max(...trades.map(({ at }) => Date.parse(at)));
