import { multiply, sum, type DecimalString } from '@orderplane/domain';
import type { ActualState, Intent } from './contracts.ts';
import type { DerivedColumns } from './order-rows.ts';

interface OwnOrder {
  readonly intent: Intent;
  readonly actual: ActualState;
  readonly derived: DerivedColumns;
}

/** What orders of an account need of an asset that a reading of balances as of `since` can't know of yet. */
export function reservedBy(
  orders: readonly OwnOrder[],
  { asset, since, except }: { readonly asset: string; readonly since: string; readonly except: readonly string[] },
): DecimalString {
  const meant = orders.filter(
    (order) => !except.includes(order.intent.clientOrderId) && assetOf(order) === asset && isMeant(order),
  );
  return sum(meant.map((order) => needOf(order, since)));
}

const assetOf = ({ intent: { spec } }: OwnOrder): string | undefined =>
  spec.symbol.endsWith('-PERPETUAL') ? undefined : spec.symbol.split('-')[spec.side === 'BUY' ? 1 : 0];

const isMeant = ({ intent, derived }: OwnOrder): boolean =>
  intent.origin === 'API' && derived.state !== 'DARK_OPEN' && derived.state !== 'TRIGGERED';

/** The same rules as `postgres/statements/reserved.ts`. */
function needOf({ intent, actual, derived }: OwnOrder, since: string): DecimalString {
  const { spec } = intent;
  const isOpen = derived.status === 'PENDING' || derived.status === 'OPEN';
  const isNewer = intent.createdAt > since;
  const price = spec.price ?? spec.stopPrice ?? intent.valuedAt ?? derived.average_filled_price ?? '0';
  const size = derived.size ?? '0';
  if (!isOpen && isNewer)
    return spec.side === 'SELL'
      ? derived.filled_size
      : multiply(derived.filled_size, derived.average_filled_price ?? '0');
  if (!isOpen) return '0';
  const wasSent = actual.machine.legs.some(({ sentAt }) => sentAt !== '' && sentAt <= since);
  if (!isNewer && wasSent) return '0';
  return spec.side === 'SELL' ? size : (spec.quoteSize ?? multiply(size, price));
}
