import { z } from 'zod';

/**
 * The database does not serve now. `isNothingWritten`: the statement surely had no effect; else its connection ended while
 * it ran, and it may have been carried out.
 */
export interface DatabaseOutage {
  readonly reason: string;
  readonly isNothingWritten: boolean;
}

const WORDS: Readonly<Record<string, string>> = {
  '53100': 'its disk is full',
  '53200': 'it is out of memory',
  '53300': 'it has too many connections',
  '57P03': 'it is starting or stopping',
  '25006': 'it takes no writes',
  '57014': 'a statement took too long',
  '55P03': 'a lock took too long',
};
/**
 * Refused at the door, or rolled back whole (PostgreSQL documentation, "Error Codes": class 53 insufficient resources, 57P03
 * cannot_connect_now, 25006 read_only_sql_transaction, 57014 query_canceled, 55P03 lock_not_available, class 58 system
 * error, e.g. a file that can't be written).
 */
const ROLLED_BACK = /^(53...|57P03|25006|57014|55P03|58...)$/;
/** 57P01 admin_shutdown, 57P02 crash_shutdown, class 08 connection exception. */
const CUT_OFF = /^(57P0[12]|08...)$/;
/** Of the network and of Prisma: there was no connection. */
const NOT_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|P1001|P1002|P2024)$/;
const NOT_CONNECTED_TEXT = /timeout exceeded when trying to connect|Connection terminated due to connection timeout/;
const LOST = /^(ECONNRESET|EPIPE|ETIMEDOUT|P1017|P1008)$/;
const LOST_TEXT = /Connection terminated|Query read timeout|connection error and is not queryable/;
/** What Prisma's driver adapter calls it. */
const NOT_CONNECTED_KIND = /^(DatabaseNotReachable|TooManyConnections)$/;
const LOST_KIND = /^(SocketTimeout|ConnectionClosed)$/;

const CauseSchema = z.object({ kind: z.string().optional(), originalCode: z.string().optional() });
const ShapeSchema = z.object({
  code: z.string().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  cause: CauseSchema.optional().catch(undefined),
  meta: z
    .object({ driverAdapterError: z.object({ cause: CauseSchema }).optional().catch(undefined) })
    .nullish()
    .catch(undefined),
});

/** Null: the error is about something else. */
export function databaseOutage(error: unknown): DatabaseOutage | null {
  const parsed = ShapeSchema.safeParse(error);
  if (!parsed.success) return null;
  const { code, message = '', cause: direct, meta } = parsed.data;
  const cause = meta?.driverAdapterError?.cause ?? direct;
  const state = cause?.originalCode ?? code ?? '';
  const kind = cause?.kind ?? '';
  if (ROLLED_BACK.test(state)) return { reason: WORDS[state] ?? `it refused with ${state}`, isNothingWritten: true };
  if (CUT_OFF.test(state)) return { reason: 'it ended the connection', isNothingWritten: false };
  if (NOT_CONNECTED.test(code ?? '') || NOT_CONNECTED_KIND.test(kind) || NOT_CONNECTED_TEXT.test(message))
    return { reason: "it can't be reached", isNothingWritten: true };
  if (LOST.test(code ?? '') || LOST_KIND.test(kind) || LOST_TEXT.test(message))
    return { reason: 'the connection was lost', isNothingWritten: false };
  return null;
}
