import { Decimal } from 'decimal.js';
import type { OrderView } from './client.ts';
import type { Ledger } from './venue.ts';

/**
 * Compares every order of one exchange with that exchange's own ledger and gives the differences as sentences; none
 * means: nothing lost, nothing doubled, every execution booked once, every end true.
 */
export function differences(orders: readonly OrderView[], ledger: Ledger): string[] {
  const found: string[] = [];
  const owner = new Map<string, OrderView>();
  for (const order of orders) {
    for (const leg of order.legs) {
      if (leg.exchangeOrderId === null) continue;
      const other = owner.get(leg.exchangeOrderId);
      if (other !== undefined && other.id !== order.id)
        found.push(`${leg.exchangeOrderId} belongs to ${other.id} and to ${order.id}`);
      owner.set(leg.exchangeOrderId, order);
    }
  }
  const executions = new Map<string, Map<string, { size: string; price: string }>>();
  for (const execution of ledger.executions) {
    const own = executions.get(execution.exchangeOrderId) ?? new Map<string, { size: string; price: string }>();
    if (own.has(execution.tradeId)) found.push(`the ledger itself repeats trade ${execution.tradeId}`);
    own.set(execution.tradeId, execution);
    executions.set(execution.exchangeOrderId, own);
  }
  const liveOf = new Map<string, number>();
  for (const held of ledger.orders) {
    const order = owner.get(held.exchangeOrderId);
    if (order === undefined) {
      found.push(
        `exchange order ${held.exchangeOrderId} (${held.status}, client id ${held.clientId}) belongs to no order`,
      );
      continue;
    }
    if (held.status === 'OPEN' || held.status === 'PENDING') liveOf.set(order.id, (liveOf.get(order.id) ?? 0) + 1);
  }
  for (const order of orders) found.push(...differencesOf(order, liveOf.get(order.id) ?? 0, executions));
  return found;
}

function differencesOf(
  order: OrderView,
  live: number,
  executions: ReadonlyMap<string, ReadonlyMap<string, { readonly size: string; readonly price: string }>>,
): string[] {
  const found: string[] = [];
  const name = `${order.exchange} order ${order.id} (${order.state})`;
  if (live > 1) found.push(`${name} has ${live} live exchange orders`);
  if (order.status === 'OPEN' && live !== 1) found.push(`${name} is open here, ${live} live at the exchange`);
  if (order.status !== 'OPEN' && order.status !== 'PENDING' && live !== 0)
    found.push(`${name} has ended here and lives at the exchange`);
  const expected = new Map<string, { readonly size: string; readonly price: string }>();
  for (const leg of order.legs) {
    for (const [id, execution] of executions.get(leg.exchangeOrderId ?? '') ?? []) expected.set(id, execution);
  }
  const booked = new Map(order.fills.nodes.map((fill) => [fill.exchangeTradeId, fill]));
  if (booked.size !== order.fills.nodes.length) found.push(`${name} books a trade twice`);
  for (const [id, execution] of expected) {
    const fill = booked.get(id);
    if (fill === undefined) found.push(`${name} lacks trade ${id} of ${execution.size} @ ${execution.price}`);
    else if (!new Decimal(fill.size).eq(execution.size) || !new Decimal(fill.price).eq(execution.price))
      found.push(
        `${name} books trade ${id} as ${fill.size} @ ${fill.price}, the exchange says ${execution.size} @ ${execution.price}`,
      );
  }
  for (const id of booked.keys())
    if (!expected.has(id)) found.push(`${name} books trade ${id} that the exchange does not know`);
  const total = [...expected.values()].reduce((sum, execution) => sum.plus(execution.size), new Decimal(0));
  if (!total.eq(order.filledSize))
    found.push(`${name} says ${order.filledSize} is filled, the exchange ${total.toFixed()}`);
  return found;
}

/** Client ids under which the exchange holds more than one order, as sentences. */
export function doubledClientIds(ledger: Ledger): string[] {
  const seen = new Map<string, string>();
  return ledger.orders.flatMap(({ clientId, exchangeOrderId }) => {
    if (clientId === null) return [];
    const first = seen.get(clientId);
    seen.set(clientId, exchangeOrderId);
    return first === undefined ? [] : [`the exchange holds client id ${clientId} twice: ${first}, ${exchangeOrderId}`];
  });
}
