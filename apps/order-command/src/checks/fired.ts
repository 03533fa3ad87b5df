import type { UserError } from '@orderplane/domain';
import { exchangeSpec, type Account, type OrderRecord } from '@orderplane/store';
import type { CommandContext } from '../context.ts';
import { firstRefusal, type Subject } from './check.ts';
import { factsFor } from './facts.ts';
import { takesFunds } from './funds.ts';
import { setFreeByGroup } from './group-funds.ts';
import { CHECKS } from './list.ts';
import { claimOf } from './place.ts';

/** `takes`: the currency that it needs of what others of its group hold; null: it is covered by itself. */
export interface Clearance {
  readonly takes: string | null;
}

/**
 * What is checked again when a dark order fires, on the order as it is then: much may have changed since it was accepted. A
 * refusal ends it. That the exchange or the account can't be reached is no refusal: the order is sent when they can.
 * "later": what it takes to judge is not known yet.
 */
export async function checkFired(
  context: CommandContext,
  account: Account,
  found: OrderRecord,
): Promise<UserError | 'later' | Clearance> {
  const { intent, actual } = found;
  const planned = exchangeSpec(intent);
  const { size, quoteSize, price, stopPrice } = actual.machine.terms;
  const sent = { ...planned, size, quoteSize, price, stopPrice: planned.stopPrice === null ? null : stopPrice };
  const { trigger } = intent;
  const { fired } = actual.reconciliation;
  const isOwnLast = trigger?.symbol === sent.symbol && trigger.source === 'LAST';
  const subject: Subject = {
    moment: 'fire',
    account,
    capabilities: context.capabilities(account.exchange),
    nowMs: context.clock.now().getTime(),
    wanted: intent.spec,
    sent,
    terms: sent,
    trigger: null,
    waitsFor: null,
    isDark: true,
    resting: null,
    clientOrderId: intent.clientOrderId,
    input: null,
  };
  const facts = factsFor(context, subject, (asset) => setFreeByGroup(context, found, asset));
  const known = isOwnLast && fired !== undefined ? { prices: async () => ({ fact: { last: fired.price } }) } : {};
  const checked = { ...facts, ...known };
  const refusal = await firstRefusal(CHECKS, subject, checked);
  if (refusal?.code === 'STALE_DATA') return 'later';
  // Its markets are not read yet, whatever they are.
  if (refusal?.code === 'EXCHANGE_UNAVAILABLE' && !(await context.markets.known(account.exchange))) return 'later';
  if (refusal !== null) return refusal;
  if (!takesFunds(subject)) return { takes: null };
  // It is written already, and counts from when it is on its way.
  (await claimOf(checked))();
  const balances = await checked.balances();
  return { takes: 'fact' in balances && balances.fact.takes ? (balances.fact.need?.asset ?? null) : null };
}
