import { isPositive, subtract, type DecimalString, type UserError } from '@orderplane/domain';
import type { CommandContext } from '../context.ts';
import type { FactDesk, Facts, Subject } from './check.ts';
import { isReducing, needOf, takesByLast } from './funds.ts';
import { findMarket } from './market.ts';
import { checkTrigger } from './trigger.ts';

/**
 * Reads what a check asks for: once for all of them. `setFree`: how much of an asset could be set free for the order, by
 * others that end before it is sent.
 */
export function factsFor(
  context: CommandContext,
  subject: Subject,
  setFree: (asset: string) => Promise<DecimalString> = () => Promise.resolve('0'),
): FactDesk {
  const { account, sent, trigger } = subject;
  return {
    intent: () => Promise.resolve({ fact: null }),
    market: once(async () => {
      const market = await findMarket(context, account, sent.symbol);
      return 'code' in market ? market : { fact: market };
    }),
    trigger: once(async () => ({ fact: trigger === null ? null : await checkTrigger(context, account, trigger) })),
    exchange: once(async () => {
      const isReachable = await context.exchangeReachable(account.exchange);
      return { fact: { isReachable, trouble: isReachable ? await context.accountTrouble(account.id) : null } };
    }),
    balances: once<Facts['balances']>(async () => {
      const last = takesByLast(subject) ? await context.lastPrice(account.exchange, sent.symbol) : null;
      const need = needOf(subject, last);
      if (need === null) return { fact: { need, cover: null, takes: false } };
      const { clientOrderId, moment } = subject;
      const claim = { accountId: account.id, clientOrderId, isChange: moment === 'change', ...need };
      const cover = await context.fundsBook.cover(claim);
      const free = cover.kind === 'uncovered' ? await setFree(need.asset) : '0';
      if (!isPositive(free)) return { fact: { need, cover, takes: false } };
      const amount = subtract(need.amount, free);
      if (!isPositive(amount)) return { fact: { need, cover: null, takes: true } };
      return { fact: { need, cover: await context.fundsBook.cover({ ...claim, amount }), takes: true } };
    }),
    freshness: once(async () => ({ fact: await context.freshOrders(account) })),
    positions: once(async () => {
      const size = await context.fundsBook.position(account.id, sent.symbol, false);
      // What looks wrong may be right by now.
      if (isReducing(subject, { size }) === null) return { fact: { size } };
      return { fact: { size: await context.fundsBook.position(account.id, sent.symbol, true) } };
    }),
    prices: once(async () => ({ fact: { last: await context.lastPrice(account.exchange, sent.symbol) } })),
  };
}

type Read<Fact> = () => Promise<{ readonly fact: Fact } | UserError>;

function once<Fact>(read: Read<Fact>): Read<Fact> {
  let reading: ReturnType<Read<Fact>> | null = null;
  return () => (reading ??= read());
}
