import type { ExchangeId } from '@orderplane/domain';
import { venueOf } from './registry.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const COMPACT = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/;

/**
 * A UUID in the alphabet and length that the exchange accepts for client ids. Injective: two UUIDs never share a
 * client id. Throws RangeError when `uuid` is not one (either case).
 */
export function fitClientId(exchange: ExchangeId, uuid: string): string {
  const canonical = uuid.toLowerCase();
  if (!UUID.test(canonical)) throw new RangeError(`not a UUID: "${uuid.slice(0, 60)}"`);
  const rule = venueOf(exchange).clientId;
  return rule.prefix + (rule.dashes ? canonical : canonical.replaceAll('-', ''));
}

/** The inverse of fitClientId: the UUID, or null when the id does not have our form at this exchange. */
export function unfitClientId(exchange: ExchangeId, clientId: string): string | null {
  const { prefix, dashes } = venueOf(exchange).clientId;
  if (!clientId.startsWith(prefix)) return null;
  const body = clientId.slice(prefix.length);
  if (dashes) return UUID.test(body) ? body : null;
  const parts = COMPACT.exec(body);
  return parts === null ? null : parts.slice(1).join('-');
}

/**
 * True when the id has the form of ours. Proof only of the negative: where the exchange leaves no room for a prefix
 * any other client's UUID looks the same, and only our own records tell.
 */
export const ownsClientId = (exchange: ExchangeId, clientId: string): boolean =>
  unfitClientId(exchange, clientId) !== null;
