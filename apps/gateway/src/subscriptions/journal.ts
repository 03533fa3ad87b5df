import { journalChannel, parseJournalWakeUp } from '@orderplane/store';
import type { JournalWakeUp, OrderRecord, StoredOrderEvent } from '@orderplane/store';
import type { Ports } from '../ports.ts';

/** Lines per read. */
export const JOURNAL_PAGE = 500;

export type JournalPorts = Pick<Ports, 'log' | 'channels'>;

/** What happened in an account, at a position that the account gave out in the order of the commits. */
export interface JournalLine {
  readonly accountId: string;
  readonly position: bigint;
}

export interface JournalPage<Line> {
  readonly lines: readonly Line[];
  /** Where to read on; lines that are not public are passed over. */
  readonly position: bigint;
  /** The end of the journal was reached. */
  readonly atEnd: boolean;
}

/** What can be followed, account by account. */
export interface Journal<Line> {
  /** The next page after a position. Throws JournalGapError. */
  readonly read: (accountId: string, after: bigint) => Promise<JournalPage<Line>>;
  /** Not before the newest line of each account. */
  readonly ends: (accountIds: readonly string[]) => Promise<ReadonlyMap<string, bigint>>;
  /** Where Redis tells that an account's journal went on. */
  readonly channel: (accountId: string) => string;
  /** The position that a message of the channel speaks of; null: it only says "look". */
  readonly newsOf: (message: string) => bigint | null;
}

/** Lines between two others are no longer there: they have been purged. */
export class JournalGapError extends Error {
  constructor(accountId: string, after: bigint, next: bigint) {
    super(`the journal of account ${accountId} goes on at ${next} after ${after}`);
    this.name = 'JournalGapError';
  }
}

/** One public line, with the order as it is now: at least as new as the line. */
export interface OrderLine extends JournalLine {
  readonly event: StoredOrderEvent;
  readonly order: OrderRecord | null;
}

/** `heard`: every wake-up, before the journal is read because of it. */
export function orderJournal(
  { ledger }: Pick<Ports, 'ledger'>,
  heard: (news: JournalWakeUp) => void = () => undefined,
): Journal<OrderLine> {
  return {
    read: (accountId, after) => readOrderLines(ledger, accountId, after),
    ends: async (accountIds) =>
      new Map([...(await ledger.journalBounds(accountIds))].map(([accountId, { newest }]) => [accountId, newest])),
    channel: journalChannel,
    newsOf: (message) => {
      const news = parseJournalWakeUp(message);
      if (news === null) return null;
      heard(news);
      return BigInt(news.lastCursor);
    },
  };
}

/** Nothing follows. Something did, and has been purged, where the journal can't be resumed from here any more. */
async function refusePurged(ledger: Ports['ledger'], accountId: string, after: bigint): Promise<void> {
  const bounds = (await ledger.journalBounds([accountId])).get(accountId);
  if (bounds !== undefined && bounds.oldest > after) throw new JournalGapError(accountId, after, bounds.oldest + 1n);
}

/** One read: lines and orders of one moment. Positions have no gaps, so a missing one is never passed over. */
async function readOrderLines(
  ledger: Ports['ledger'],
  accountId: string,
  after: bigint,
): Promise<JournalPage<OrderLine>> {
  const { lines, orders } = await ledger.accountJournal(accountId, after, JOURNAL_PAGE);
  let position = after;
  for (const { cursor } of lines) {
    if (cursor !== position + 1n) throw new JournalGapError(accountId, position, cursor);
    position = cursor;
  }
  if (lines.length === 0) await refusePurged(ledger, accountId, after);
  return {
    lines: lines
      .filter((line) => line.entry !== null)
      .map((event) => ({ accountId, position: event.cursor, event, order: orders.get(event.orderId) ?? null })),
    position,
    atEnd: lines.length < JOURNAL_PAGE,
  };
}
