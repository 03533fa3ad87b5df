import { Client } from 'pg';
import { z } from 'zod';

/** One line of an account's journal as the database has it. `type` null: a step that is not told to anybody. */
export interface JournalLine {
  readonly accountId: string;
  readonly position: bigint;
  readonly orderId: string;
  readonly sequence: number;
  readonly type: string | null;
  readonly fromState: string | null;
  readonly toState: string | null;
  readonly reason: string | null;
  readonly source: string;
  readonly atMs: number;
}

/** All lines, by account and position. */
export interface Journal {
  readonly accounts: ReadonlyMap<string, readonly JournalLine[]>;
  readonly orders: ReadonlyMap<string, readonly JournalLine[]>;
}

const RowSchema = z.object({
  account_id: z.string(),
  cursor: z.string(),
  order_id: z.string(),
  sequence: z.number(),
  type: z.string().nullable(),
  from_state: z.string().nullable(),
  to_state: z.string().nullable(),
  reason: z.string().nullable(),
  source: z.string(),
  at: z.date(),
});

async function query(databaseUrl: string, text: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** The database's own order of positions: independent of everything that serves them. */
export async function readJournal(databaseUrl: string): Promise<Journal> {
  const rows = await query(
    databaseUrl,
    `select account_id, cursor, order_id, sequence, type, from_state, to_state, reason, source, at
       from order_events order by account_id, cursor`,
  );
  const lines = rows.map((row) => {
    const { account_id, cursor, order_id, from_state, to_state, at, ...rest } = RowSchema.parse(row);
    return {
      ...rest,
      accountId: account_id,
      position: BigInt(cursor),
      orderId: order_id,
      fromState: from_state,
      toState: to_state,
      atMs: at.getTime(),
    };
  });
  return {
    accounts: Map.groupBy(lines, ({ accountId }) => accountId),
    orders: Map.groupBy(lines, ({ orderId }) => orderId),
  };
}

/** How many lines there are: it grows while anything happens to any order. */
export async function journalLength(databaseUrl: string): Promise<number> {
  const [row] = await query(databaseUrl, 'select count(*)::int as lines from order_events');
  return z.object({ lines: z.number() }).parse(row).lines;
}

/** The longest time that the outcome of a request was unknown, and of which order. */
export function longestDoubt(journal: Journal): {
  readonly ms: number;
  readonly orderId: string | null;
  readonly doubts: number;
} {
  let longest = { ms: 0, orderId: null as string | null };
  let doubts = 0;
  for (const [orderId, lines] of journal.orders) {
    let since: number | null = null;
    for (const { type, atMs } of lines) {
      if (type === 'OUTCOME_UNKNOWN') {
        doubts += 1;
        since ??= atMs;
      } else if (type === 'OUTCOME_RESOLVED' && since !== null) {
        if (atMs - since > longest.ms) longest = { ms: atMs - since, orderId };
        since = null;
      }
    }
  }
  return { ...longest, doubts };
}

/** What a journal alone shows to be wrong, as sentences. */
export function journalFlaws(journal: Journal): string[] {
  const found: string[] = [];
  for (const [accountId, lines] of journal.accounts) {
    lines.forEach(({ position }, index) => {
      if (position !== BigInt(index + 1))
        found.push(`account ${accountId}: line ${index + 1} of the journal has position ${position}`);
    });
  }
  for (const [orderId, lines] of journal.orders) {
    let state: string | null = null;
    lines.forEach(({ sequence, type, fromState, toState }, index) => {
      if (sequence !== index + 1) found.push(`order ${orderId}: line ${index + 1} has the number ${sequence}`);
      if (type === null) return;
      if (fromState !== state)
        found.push(`order ${orderId}: ${type} begins in ${fromState}, the line before ended in ${state}`);
      state = toState;
    });
  }
  return found;
}
