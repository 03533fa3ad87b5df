import { compare, sum, type DecimalString } from '@orderplane/domain';
import type { OrderReport } from '@orderplane/normalization';
import type { OrderRecord, StoredOrderEvent } from '@orderplane/store';

/**
 * The silence clock: pings may be answered while nothing is told any more. What the exchange has proved otherwise (an
 * acknowledgement, an execution, by whatever answer or list) its order stream must have told within some seconds, if it
 * happened since the stream was connected. Judged by evidence alone: an account on which nothing happens is not mute.
 */
export interface Proof {
  readonly venueOrderId: string;
  readonly venueClientId: string | null;
  /** Null: the acknowledgement. */
  readonly tradeId: string | null;
  /** What was filled of the order at the exchange with this execution. */
  readonly filled: DecimalString;
  /** When it was written here. */
  readonly at: string;
}

interface Told {
  filled: DecimalString;
  readonly tradeIds: Set<string>;
}

/** Orders of which a stream has told something since it was connected; the longest unmentioned are forgotten first. */
const MAX_ORDERS = 5_000;

export class Heard {
  readonly #orders = new Map<string, Told>();

  add(reports: readonly OrderReport[]): void {
    for (const { order, fills } of reports) {
      if (order !== null) {
        const filled = order.filledSize ?? (order.status === 'FILLED' ? order.size : null) ?? '0';
        for (const name of namesOf(order.orderId, order.clientOrderId)) this.#told(name, filled, null);
      }
      for (const fill of fills)
        for (const name of namesOf(fill.orderId, fill.clientOrderId)) this.#told(name, '0', fill.tradeId);
    }
  }

  hasTold(proof: Proof): boolean {
    return namesOf(proof.venueOrderId, proof.venueClientId).some((name) => {
      const told = this.#orders.get(name);
      if (told === undefined) return false;
      return proof.tradeId === null || told.tradeIds.has(proof.tradeId) || compare(told.filled, proof.filled) >= 0;
    });
  }

  #told(name: string, filled: DecimalString, tradeId: string | null): void {
    const told = this.#orders.get(name) ?? { filled: '0', tradeIds: new Set<string>() };
    this.#orders.delete(name);
    this.#orders.set(name, told);
    if (compare(filled, told.filled) > 0) told.filled = filled;
    if (tradeId !== null) told.tradeIds.add(tradeId);
    const [oldest] = this.#orders.keys();
    if (this.#orders.size > MAX_ORDERS && oldest !== undefined) this.#orders.delete(oldest);
  }
}

const namesOf = (orderId: string, clientId: string | null): readonly string[] =>
  clientId === null ? [`order ${orderId}`] : [`order ${orderId}`, `client ${clientId}`];

/**
 * What journal lines prove of the time since the stream was connected. Not of stop orders: some exchanges tell of those
 * that wait on another channel, and give them a new id when they trigger.
 */
export function proofsIn(
  lines: readonly StoredOrderEvent[],
  orders: ReadonlyMap<string, OrderRecord>,
  connectedAt: string,
): readonly Proof[] {
  return lines.flatMap((line) => {
    const record = orders.get(line.orderId);
    if (record === undefined || line.event === null || line.at <= connectedAt) return [];
    const { type } = record.intent.spec;
    if (type !== 'LIMIT' && type !== 'MARKET') return [];
    const proof = proofOf(line.event, record, connectedAt);
    return proof === null ? [] : [{ ...proof, at: line.at }];
  });
}

function proofOf(
  event: NonNullable<StoredOrderEvent['event']>,
  { actual: { machine } }: OrderRecord,
  connectedAt: string,
): Omit<Proof, 'at'> | null {
  const legOf = (venueOrderId: string) => machine.legs.find((leg) => leg.venueOrderIds.includes(venueOrderId));
  switch (event.type) {
    case 'Acknowledged':
    case 'LegPlaced': {
      const { venueOrderId } = event;
      const leg = venueOrderId === null ? undefined : legOf(venueOrderId);
      // Sent before: it may have been acknowledged while nobody listened.
      if (venueOrderId === null || leg === undefined || leg.sentAt <= connectedAt) return null;
      return { venueOrderId, venueClientId: leg.venueClientId, tradeId: null, filled: '0' };
    }
    case 'PartialFill':
    case 'Fill': {
      const { id, venueOrderId, at } = event.execution;
      if (venueOrderId === null || at <= connectedAt) return null;
      const own = machine.executions.filter((execution) => execution.venueOrderId === venueOrderId);
      const upTo = own.slice(0, own.findIndex((execution) => execution.id === id) + 1);
      return {
        venueOrderId,
        venueClientId: legOf(venueOrderId)?.venueClientId ?? null,
        tradeId: id,
        filled: sum(upTo.map((execution) => execution.size)),
      };
    }
    default:
      return null;
  }
}

/** The first proof that the stream should have told of by now and has not. */
export const untold = (
  proofs: readonly Proof[],
  heard: Pick<Heard, 'hasTold'>,
  nowMs: number,
  silenceMs: number,
): Proof | null => proofs.find((proof) => Date.parse(proof.at) + silenceMs <= nowMs && !heard.hasTold(proof)) ?? null;
