import type { DecimalString, UserError } from '@orderplane/domain';
import type { OrderSpec } from '@orderplane/domain';
import type { PlaceInput } from '@orderplane/queues';
import { exchangeSpec, type Account } from '@orderplane/store';
import type { CommandContext } from '../context.ts';
import { waitsFor, type Held } from '../dark.ts';
import { firstRefusal, type FactDesk, type Subject } from './check.ts';
import { factsFor } from './facts.ts';
import { noteOf } from './freshness.ts';
import { takesFunds } from './funds.ts';
import { CHECKS } from './list.ts';
import { needsLastForValue, valuedAt } from './prices.ts';

export interface Passed {
  /** See `Intent.valuedAt`; null: its own price. */
  readonly valuedAt: DecimalString | null;
  /** What the journal is to say of how it was judged; null: nothing. */
  readonly note: string | null;
  /** The order is written, or never will be: what it needs is in the books, or is not needed. */
  readonly release: () => void;
}

/** Everything that is judged before a new order is written. What is judged by the write itself is told by `checks/limits.ts`. */
export async function checkPlace(
  context: CommandContext,
  account: Account,
  input: PlaceInput,
  spec: OrderSpec,
  held: Held,
): Promise<UserError | Passed> {
  const subject: Subject = {
    moment: 'place',
    account,
    capabilities: context.capabilities(account.exchange),
    nowMs: context.clock.now().getTime(),
    wanted: spec,
    sent: exchangeSpec({ spec, ...held }),
    terms: spec,
    trigger: input.trigger ?? null,
    waitsFor: waitsFor(spec, held),
    isDark: held.mode === 'DARK',
    resting: null,
    clientOrderId: input.clientOrderId,
    input,
  };
  const facts = factsFor(context, subject);
  const refusal = await firstRefusal(CHECKS, subject, facts);
  if (refusal !== null) return refusal;
  const prices = needsLastForValue(subject) ? await facts.prices() : null;
  const note = await noteOf(subject, facts);
  const release = takesFunds(subject) ? await claimOf(facts) : () => undefined;
  return { note, release, valuedAt: valuedAt(subject, prices !== null && 'fact' in prices ? prices.fact.last : null) };
}

/** How to take back what was claimed for the order by the check of its balance. */
export async function claimOf(facts: FactDesk): Promise<() => void> {
  const balances = await facts.balances();
  const cover = 'fact' in balances ? balances.fact.cover : null;
  return cover?.kind === 'covered' ? cover.release : () => undefined;
}
