import type { ExchangeId, OrderSpec } from '@orderplane/domain';
import type { NormalizedOrder, OrderReport } from '@orderplane/normalization';
import { fold } from '@orderplane/planner';
import { born, type MachineEvent, type OrderMachine } from '@orderplane/state-machine';
import { AlreadyExistsError, type OrderRecord } from '@orderplane/store';
import { record, type RecorderOptions } from './record.ts';

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
  secondOf: string | null = null,
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
  const adopted = adoptedRecord(account, seen, spec, folded.machine, {
    id: options.newId(),
    at,
    askedAt: report.askedAt,
    secondOf,
  });
  try {
    const result = await options.ledger.place(adopted, [{ event: birth, entries: start.journal }, ...folded.journal]);
    if (result.kind !== 'committed') return null;
    options.listener.committed(result.record, result.firstCursor, result.lastCursor);
    return result.record;
  } catch (error) {
    if (error instanceof AlreadyExistsError) return null;
    throw error;
  }
}

/** In the metadata of an adopted order: the order under whose client id it was found. */
export const SECOND_OF = 'secondOf';

/**
 * An exchange shows a second order under the client id of an order of ours, which no exchange should. It is taken into
 * the books as an order of its own, with its executions, and both are raised: none of it is lost or counted for the other.
 */
export async function adoptSecond(
  options: RecorderOptions,
  account: AccountKey,
  report: OrderReport,
  original: OrderRecord,
): Promise<OrderRecord | null> {
  const { orderId } = original.intent;
  const adopted = await adopt(options, account, report, orderId);
  if (adopted === null) return null;
  const venueOrderId = report.order?.orderId ?? '';
  const alert = `the exchange has a second order ${venueOrderId} under this order's client id: it is order ${adopted.intent.orderId} here`;
  options.log.warn({ orderId, secondId: adopted.intent.orderId, venueOrderId }, 'a second order under one client id');
  await record(options, orderId, ({ actual }) =>
    actual.reconciliation.alert === undefined
      ? { machine: actual.machine, journal: [], reconciliation: { alert } }
      : null,
  );
  return adopted;
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
  stamp: { readonly id: string; readonly at: string; readonly askedAt: string; readonly secondOf: string | null },
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
      metadata: stamp.secondOf === null ? {} : { [SECOND_OF]: stamp.secondOf },
      ...times,
    },
    actual: {
      orderId: stamp.id,
      version: 1,
      machine,
      reconciliation: {
        status: stamp.secondOf === null ? 'IN_SYNC' : 'NEEDS_ATTENTION',
        observedGeneration: 1,
        attempts: 0,
        nextAttemptAt: null,
        lastError: null,
        lastEvidenceAt: stamp.askedAt,
        absentLookups: [],
        ...(stamp.secondOf === null
          ? {}
          : { alert: `a second order at the exchange under the client id of order ${stamp.secondOf}` }),
      },
      ...times,
    },
  };
}
