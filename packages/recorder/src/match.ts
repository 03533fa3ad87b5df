import { compare, isStop } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder, OrderReport } from '@orderplane/normalization';
import type { Leg } from '@orderplane/state-machine';
import { exchangeSpec, type OrderRecord } from '@orderplane/store';

/** Ids of all orders that a batch of reports speaks of, for one look-up in the store. */
export function idsOf(reports: readonly OrderReport[]): { venueClientIds: string[]; venueOrderIds: string[] } {
  const venueClientIds = new Set<string>();
  const venueOrderIds = new Set<string>();
  for (const report of reports) {
    for (const item of [report.order, ...report.fills]) {
      if (item === null) continue;
      if (item.clientOrderId !== null) venueClientIds.add(item.clientOrderId);
      venueOrderIds.add(item.orderId);
    }
  }
  return { venueClientIds: [...venueClientIds], venueOrderIds: [...venueOrderIds] };
}

export interface RecordIndex {
  find(report: OrderReport): OrderRecord | null;
  /** The order of ours under whose client id this goes at the exchange, beside the one that we know by that id. */
  original(report: OrderReport): OrderRecord | null;
  put(record: OrderRecord): void;
}

/**
 * Whose is it? By the exchange's id first, then by our venue client id; and it must agree in instrument and side,
 * otherwise it belongs to another order that happens to use the same id.
 */
export function indexRecords(records: readonly OrderRecord[]): RecordIndex {
  const byVenueOrderId = new Map<string, OrderRecord[]>();
  const byClientId = new Map<string, OrderRecord>();
  const put = (record: OrderRecord): void => {
    for (const leg of record.actual.machine.legs) {
      byClientId.set(leg.venueClientId, record);
      for (const id of leg.venueOrderIds) {
        const others = (byVenueOrderId.get(id) ?? []).filter((other) => other.intent.orderId !== record.intent.orderId);
        byVenueOrderId.set(id, [...others, record]);
      }
    }
  };
  records.forEach(put);
  return {
    put,
    find: (report) => {
      const item: NormalizedOrder | NormalizedFill | undefined = report.order ?? report.fills[0];
      if (item === undefined) return null;
      const byId = (byVenueOrderId.get(item.orderId) ?? []).find((record) => agrees(record, item));
      if (byId !== undefined) return byId;
      const byClient = item.clientOrderId === null ? undefined : byClientId.get(item.clientOrderId);
      return byClient !== undefined && agrees(byClient, item) && fitsLeg(byClient, item) ? byClient : null;
    },
    original: (report) => {
      const item = report.order ?? report.fills[0];
      if (item === undefined || item.clientOrderId === null) return null;
      const owner = byClientId.get(item.clientOrderId);
      return owner !== undefined && isSecondOrder(owner, item) ? owner : null;
    },
  };
}

/** Whether an order that was asked for by the ids of `record` is that order, by the same rules. */
export const isOrderOf = (record: OrderRecord, seen: NormalizedOrder): boolean =>
  agrees(record, seen) && fitsLeg(record, seen);

const agrees = (record: OrderRecord, item: { readonly symbol: string | null; readonly side: string | null }): boolean =>
  (item.symbol === null || item.symbol === record.intent.spec.symbol) &&
  (item.side === null || item.side === record.intent.spec.side);

/**
 * Another order at the exchange under the client id of a leg that is known by an exchange id. Exchanges give a stop order
 * a new id when it triggers, and the same size; any other order keeps its own (what is amended in place does, and a change
 * in two steps has a new client id), so this one is a second order.
 */
export function isSecondOrder(record: OrderRecord, item: NormalizedOrder | NormalizedFill): boolean {
  const leg = record.actual.machine.legs.find((candidate) => candidate.venueClientId === item.clientOrderId);
  if (leg === undefined || leg.venueOrderIds.length === 0 || leg.venueOrderIds.includes(item.orderId)) return false;
  return !isStop(exchangeSpec(record.intent)) || !hasSizeOf(leg, item);
}

/** A leg without an exchange id yet is taken over only by an order of its own size: the id may be somebody else's. */
function fitsLeg(record: OrderRecord, item: NormalizedOrder | NormalizedFill): boolean {
  if (isSecondOrder(record, item)) return false;
  const leg = record.actual.machine.legs.find((candidate) => candidate.venueClientId === item.clientOrderId);
  return leg === undefined || leg.venueOrderIds.length > 0 || hasSizeOf(leg, item);
}

/** True also where the report does not tell its size. */
const hasSizeOf = (leg: Leg, item: NormalizedOrder | NormalizedFill): boolean =>
  !('status' in item) ||
  leg.size === null ||
  item.size === null ||
  item.quoteSize !== null ||
  compare(leg.size, item.size) === 0;
