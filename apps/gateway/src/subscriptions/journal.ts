import type { OrderRecord, StoredOrderEvent } from '@orderplane/store';
import type { Ports } from '../ports.ts';

/** Journal lines per read. */
export const JOURNAL_PAGE = 500;

/** One public line, with the order as it is now: at least as new as the line. */
export interface JournalUpdate {
  readonly accountId: string;
  readonly event: StoredOrderEvent;
  readonly order: OrderRecord | null;
}

export interface JournalPage {
  readonly updates: readonly JournalUpdate[];
  /** Where to read on; lines that are not public are passed over. */
  readonly position: bigint;
  /** The end of the journal was reached. */
  readonly atEnd: boolean;
}

/** Lines between two others are no longer there: they have been purged. */
export class JournalGapError extends Error {
  constructor(accountId: string, after: bigint, next: bigint) {
    super(`the journal of account ${accountId} goes on at ${next} after ${after}`);
    this.name = 'JournalGapError';
  }
}

/**
 * The next page after a position: one read, lines and orders of one moment. Positions have no gaps, so a missing one is
 * never passed over. Throws JournalGapError.
 */
export async function readJournal(
  { ledger }: Pick<Ports, 'ledger'>,
  accountId: string,
  after: bigint,
): Promise<JournalPage> {
  const { lines, orders } = await ledger.accountJournal(accountId, after, JOURNAL_PAGE);
  let position = after;
  for (const { cursor } of lines) {
    if (cursor !== position + 1n) throw new JournalGapError(accountId, position, cursor);
    position = cursor;
  }
  return {
    updates: lines
      .filter((line) => line.entry !== null)
      .map((event) => ({ accountId, event, order: orders.get(event.orderId) ?? null })),
    position,
    atEnd: lines.length < JOURNAL_PAGE,
  };
}
