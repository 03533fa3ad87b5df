import type { OrderRecord, StoredOrderEvent } from '@orderplane/store';
import type { Ports } from '../ports.ts';

/** Journal lines per read. */
const JOURNAL_PAGE = 500;

/** One public line, with the order as it is now: at least as new as the line. */
export interface JournalUpdate {
  readonly accountId: string;
  readonly event: StoredOrderEvent;
  readonly order: OrderRecord | null;
}

interface JournalPage {
  readonly updates: readonly JournalUpdate[];
  /** Where to read on; lines that are not public are passed over. */
  readonly position: bigint;
  /** The end of the journal was reached. */
  readonly atEnd: boolean;
}

/** The next page after a position: one read, lines and orders of one moment. */
export async function readJournal(
  { ledger }: Pick<Ports, 'ledger'>,
  accountId: string,
  after: bigint,
): Promise<JournalPage> {
  const { lines, orders } = await ledger.accountJournal(accountId, after, JOURNAL_PAGE);
  return {
    updates: lines
      .filter((line) => line.entry !== null)
      .map((event) => ({ accountId, event, order: orders.get(event.orderId) ?? null })),
    position: lines.at(-1)?.cursor ?? after,
    atEnd: lines.length < JOURNAL_PAGE,
  };
}
