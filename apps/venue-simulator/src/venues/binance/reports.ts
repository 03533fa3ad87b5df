import { times, ZERO } from '../../engine/fixed.ts';
import type { EndReason, SimBalance, SimExecution, SimMarket, SimOrder } from '../../engine/model.ts';
import { eight, nativeTypeOf, statusOf } from './views.ts';

export type ExecutionType = 'NEW' | 'CANCELED' | 'REPLACED' | 'REJECTED' | 'TRADE' | 'EXPIRED';

/** Why an order expired (`eR`), by the venue's table. */
const EXPIRY_REASON: Partial<Record<EndReason, string>> = {
  ioc: 'UNFILLED_IOC_QUANTITY_EXPIRED',
  fok: 'UNFILLED_FOK_ORDER_EXPIRED',
  noLiquidity: 'INSUFFICIENT_LIQUIDITY',
  noFunds: 'REJECTED',
  venue: 'EXCHANGE_CANCELED',
};

export interface ReportSubject {
  readonly order: SimOrder;
  readonly market: SimMarket | undefined;
  readonly type: ExecutionType;
  readonly execution: SimExecution | null;
  /** `c`: the order's id, or the id of the cancel; `C`: the order's (former) id where `c` is another, else empty. */
  readonly clientId: string;
  readonly originalId: string;
  readonly now: number;
  /** `I`: grows with every report. */
  readonly serial: number;
}

/** executionReport of the user data stream. */
export function executionReport({
  order,
  market,
  type,
  execution,
  clientId,
  originalId,
  now,
  serial,
}: ReportSubject): object {
  const expiry = type === 'EXPIRED' && order.endReason !== null ? EXPIRY_REASON[order.endReason] : undefined;
  return {
    e: 'executionReport',
    E: now,
    s: market?.nativeId ?? order.symbol,
    c: clientId,
    S: order.side,
    o: nativeTypeOf(order),
    f: order.timeInForce,
    q: eight(order.size),
    p: eight(order.price),
    P: eight(order.stopPrice),
    F: '0.00000000',
    g: -1,
    C: originalId,
    x: type,
    X: statusOf(order),
    r: 'NONE',
    i: Number(order.id),
    l: eight(execution?.size ?? ZERO),
    z: eight(order.filledSize),
    L: eight(execution?.price ?? ZERO),
    n: execution === null ? '0' : eight(execution.feeCost),
    N: execution === null ? null : execution.feeCurrency,
    T: execution?.at ?? order.updatedAt,
    t: execution === null ? -1 : Number(execution.id),
    I: serial,
    w: order.working && order.status === 'OPEN',
    m: execution?.maker ?? false,
    M: false,
    O: order.createdAt,
    Z: eight(order.filledValue),
    Y: eight(execution === null ? ZERO : times(execution.price, execution.size)),
    Q: eight(order.quoteSize),
    ...(order.workingAt === null ? {} : { W: order.workingAt }),
    V: 'NONE',
    ...(expiry === undefined ? {} : { eR: expiry }),
  };
}

/** outboundAccountPosition: the assets that changed. */
export function accountPosition(
  assets: readonly string[],
  balances: ReadonlyMap<string, SimBalance>,
  now: number,
): object {
  return {
    e: 'outboundAccountPosition',
    E: now,
    u: now,
    B: assets.map((asset) => {
      const balance = balances.get(asset);
      return {
        a: asset,
        f: eight(balance === undefined ? ZERO : balance.total - balance.held),
        l: eight(balance?.held ?? ZERO),
      };
    }),
  };
}
