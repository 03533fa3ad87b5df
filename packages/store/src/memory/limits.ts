import { add, judgeLimits, limitCurrencyOf, type LimitRefusal, type OpenSums } from '@orderplane/domain';
import type { OrderMachine } from '@orderplane/state-machine';
import type { Intent, OrderChange } from '../contracts.ts';
import { isLimited } from '../limits.ts';
import { stakeOf, stakeValue } from '../stakes.ts';
import { compareText, isRecorded, type MemoryState, type RecordedOrder } from './state.ts';

const valueOf = ({ derived, intent }: RecordedOrder): string => stakeValue(derived, intent.valuedAt) ?? '0';

/** What is open on an account beside this order: added up anew each time. */
function openBeside(state: MemoryState, { accountId, orderId, spec: { symbol, side } }: Intent): OpenSums {
  const rows = [...(state.open.get(accountId) ?? [])].map((id) => state.orders.get(id)).filter(isRecorded);
  const others = rows.filter(({ intent }) => intent.orderId !== orderId);
  const notional = new Map<string, string>();
  for (const other of others) {
    const currency = limitCurrencyOf(other.intent.spec.symbol);
    notional.set(currency, add(notional.get(currency) ?? '0', valueOf(other)));
  }
  const at = (price: string): string[] =>
    others
      .filter(({ intent: { spec } }) => spec.symbol === symbol && spec.side === side)
      .filter(({ derived }) => derived.open_prices.includes(price))
      .map(({ intent }) => intent.orderId)
      .sort(compareText);
  return { orders: others.length, notional, duplicateOf: (price) => at(price)[0] ?? null };
}

/** The same rules as `judge_limits` in the migrations. `before`: the order as it is, of a change. */
export function judged(
  state: MemoryState,
  intent: Intent,
  machine: OrderMachine,
  limited: NonNullable<OrderChange['limited']>,
  before?: RecordedOrder,
): LimitRefusal | null {
  const risk = state.accounts.get(intent.accountId)?.account.risk;
  if (risk === undefined || !isLimited(risk)) return null;
  const isOpen = before !== undefined && (before.derived.status === 'PENDING' || before.derived.status === 'OPEN');
  if (before !== undefined && !isOpen) return null;
  const stake = stakeOf(machine);
  return judgeLimits(risk, openBeside(state, intent), {
    currency: limitCurrencyOf(intent.spec.symbol),
    value: stakeValue(stake, intent.valuedAt),
    isNew: limited === 'anew',
    before: before === undefined ? null : valueOf(before),
    prices: stake.open_prices.filter((price) => before?.derived.open_prices.includes(price) !== true),
  });
}
