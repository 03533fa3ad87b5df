import { z } from 'zod';

/** Position in the journal of every account of a subscription. */
export type Positions = ReadonlyMap<string, bigint>;

const CursorSchema = z.record(z.string().min(1).max(64), z.string().regex(/^\d{1,18}$/));

/** Opaque to clients: base64url of {accountId: position} for all accounts, so that a resume is exact for each of them. */
export function encodeCursor(positions: Positions): string {
  const plain = Object.fromEntries([...positions].map(([accountId, position]) => [accountId, String(position)]));
  return Buffer.from(JSON.stringify(plain)).toString('base64url');
}

/** Null for anything that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): Positions | null {
  let plain: unknown;
  try {
    plain = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return null;
  }
  const parsed = CursorSchema.safeParse(plain);
  if (!parsed.success) return null;
  return new Map(Object.entries(parsed.data).map(([accountId, position]) => [accountId, BigInt(position)]));
}

/** Alerts are counted by themselves: their cursors must not be taken for those of orders, nor the other way round. */
const ALERTS = 'alerts:';

export const encodeAlertCursor = (positions: Positions): string =>
  encodeCursor(new Map([...positions].map(([accountId, position]) => [`${ALERTS}${accountId}`, position])));

/** Null for anything that `encodeAlertCursor` did not make. */
export function decodeAlertCursor(cursor: string): Positions | null {
  const entries = [...(decodeCursor(cursor) ?? [])];
  if (entries.length === 0 || !entries.every(([name]) => name.startsWith(ALERTS))) return null;
  return new Map(entries.map(([name, position]) => [name.slice(ALERTS.length), position]));
}
