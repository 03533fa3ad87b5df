import type { ExchangeId, OrderSpec } from '@orderplane/domain';
import type { NormalizedOrder, OrderReport } from '@orderplane/normalization';
import { fold } from '@orderplane/planner';
import { born, type MachineEvent, type OrderMachine } from '@orderplane/state-machine';
import { AlreadyExistsError, type OrderRecord } from '@orderplane/store';
import type { RecorderOptions } from './record.ts';

export interface AccountKey {
  readonly accountId: string;
  readonly userId: string;
  readonly exchange: ExchangeId;
}

/**
 * Takes an order that was placed elsewhere into our books, once: the exchange's order id is unique per account, so a
 * second adopter finds ALREADY_EXISTS and leaves it. Null when the report says too little or another was first.
 */
export async function adopt(
  options: RecorderOptions,
  account: AccountKey,
  report: OrderReport,
): Promise<OrderRecord | null> {
  const seen = report.order;
  if (seen === null) return null;
  const spec = specOf(seen);
  if (spec === null) {
    options.log.warn(
      { accountId: account.accountId, exchangeOrderId: seen.orderId },
      'an order from outside says too little to be adopted',
    );
    return null;
  }
  const at = options.clock.iso();
  const birth: MachineEvent = {
    type: 'Adopted',
    kind: { type: spec.type, timeInForce: spec.timeInForce },
    terms: { size: spec.size, quoteSize: spec.quoteSize, price: spec.price, stopPrice: spec.stopPrice },
    venueClientId: externalClientId(seen),
    venueOrderId: seen.orderId,
    at,
    source: 'exchange',
  };
  const start = born(birth);
  const folded = fold(start.order, report, { at, visibilityDelayMs: options.visibilityDelayMs(account.exchange) });
  const record = adoptedRecord(account, seen, spec, folded.machine, {
    id: options.newId(),
    at,
    askedAt: report.askedAt,
  });
  try {
    const result = await options.ledger.place(record, [{ event: birth, entries: start.journal }, ...folded.journal]);
    if (result.kind !== 'committed') return null;
    options.listener.committed(result.record, result.firstCursor, result.lastCursor);
    return result.record;
  } catch (error) {
    if (error instanceof AlreadyExistsError) return null;
    throw error;
  }
}

/** Other clients reuse their ids; the exchange's order id does not repeat within one market. */
const externalClientId = (seen: NormalizedOrder): string => `ext-${seen.symbol ?? ''}-${seen.orderId}`.slice(0, 64);

function specOf(seen: NormalizedOrder): OrderSpec | null {
  if (seen.symbol === null || seen.side === null || seen.type === null) return null;
  if (seen.size === null && seen.quoteSize === null) return null;
  return {
    symbol: seen.symbol,
    side: seen.side,
    type: seen.type,
    size: seen.size,
    quoteSize: seen.size === null ? seen.quoteSize : null,
    price: seen.price,
    stopPrice: seen.stopPrice,
    timeInForce: seen.timeInForce ?? 'GTC',
    expiresAt: seen.expiresAt,
    postOnly: seen.postOnly ?? false,
    reduceOnly: seen.reduceOnly ?? false,
  };
}

function adoptedRecord(
  account: AccountKey,
  seen: NormalizedOrder,
  spec: OrderSpec,
  machine: OrderMachine,
  stamp: { readonly id: string; readonly at: string; readonly askedAt: string },
): OrderRecord {
  const times = { createdAt: stamp.at, updatedAt: stamp.at };
  return {
    intent: {
      orderId: stamp.id,
      accountId: account.accountId,
      userId: account.userId,
      exchange: account.exchange,
      clientOrderId: externalClientId(seen),
      requestHash: 'external',
      origin: 'EXTERNAL',
      mode: 'LIVE',
      generation: 1,
      spec,
      groupId: null,
      createdSessionId: null,
      sessionId: null,
      metadata: {},
      ...times,
    },
    actual: {
      orderId: stamp.id,
      version: 1,
      machine,
      reconciliation: {
        status: 'IN_SYNC',
        observedGeneration: 1,
        attempts: 0,
        nextAttemptAt: null,
        lastError: null,
        lastEvidenceAt: stamp.askedAt,
        absentLookups: [],
      },
      ...times,
    },
  };
}
