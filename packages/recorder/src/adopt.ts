import type { ExchangeId, OrderSpec } from '@orderplane/domain';
import type { NormalizedOrder, OrderReport } from '@orderplane/normalization';
import { fold } from '@orderplane/planner';
import { born, type MachineEvent, type OrderMachine } from '@orderplane/state-machine';
import { AlreadyExistsError, type OrderRecord, type PurgedOrder } from '@orderplane/store';
import { record, type RecorderOptions } from './record.ts';

export interface AccountKey {
  readonly accountId: string;
  readonly userId: string;
  readonly exchange: ExchangeId;
}

/** What is odd about an adopted order: kept in its metadata, and shown to a person. */
interface Mark {
  readonly key: typeof SECOND_OF | typeof PURGED_AS;
  /** The order of ours that it has to do with. */
  readonly orderId: string;
  readonly alert: string;
}

/**
 * Takes an order that was placed elsewhere into our books, once: the exchange's order id is unique per account, so a
 * second adopter finds ALREADY_EXISTS and leaves it. Null when the report says too little or another was first.
 */
export async function adopt(
  options: RecorderOptions,
  account: AccountKey,
  report: OrderReport,
  mark: Mark | null = null,
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
    mark,
  });
  try {
    const journal = [{ event: birth, entries: start.journal }, ...folded.journal];
    const result = await options.ledger.place(adopted, journal, { despitePurge: mark?.key === PURGED_AS });
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
  const raised = `a second order at the exchange under the client id of order ${orderId}`;
  const adopted = await adopt(options, account, report, { key: SECOND_OF, orderId, alert: raised });
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

/** In the metadata of an adopted order: the id that it had before it was purged. */
export const PURGED_AS = 'purgedAs';

/**
 * The exchange shows an order alive that had ended by all evidence, and was purged. That is taken back in the open: it
 * comes into the books again, with what it executes from now on and what the exchange still tells of it, and is raised.
 */
export async function adoptPurged(
  options: RecorderOptions,
  account: AccountKey,
  report: OrderReport,
  purged: PurgedOrder,
): Promise<OrderRecord | null> {
  const { orderId, state, purgedAt } = purged;
  const alert = `the exchange shows it alive, though it had ended as order ${orderId} (${state}) and was purged at ${purgedAt}`;
  const adopted = await adopt(options, account, report, { key: PURGED_AS, orderId, alert });
  if (adopted === null) return null;
  options.log.warn({ orderId: adopted.intent.orderId, purgedAs: orderId }, 'an order that was purged lives');
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
  stamp: { readonly id: string; readonly at: string; readonly askedAt: string; readonly mark: Mark | null },
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
      metadata: stamp.mark === null ? {} : { [stamp.mark.key]: stamp.mark.orderId },
      ...times,
    },
    actual: {
      orderId: stamp.id,
      version: 1,
      machine,
      reconciliation: {
        status: stamp.mark === null ? 'IN_SYNC' : 'NEEDS_ATTENTION',
        observedGeneration: 1,
        attempts: 0,
        nextAttemptAt: null,
        lastError: null,
        lastEvidenceAt: stamp.askedAt,
        absentLookups: [],
        ...(stamp.mark === null ? {} : { alert: stamp.mark.alert }),
      },
      ...times,
    },
  };
}
