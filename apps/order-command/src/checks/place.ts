import type { DecimalString, UserError } from '@orderplane/domain';
import type { OrderSpec } from '@orderplane/domain';
import type { PlaceInput } from '@orderplane/queues';
import { exchangeSpec, type Account } from '@orderplane/store';
import type { CommandContext } from '../context.ts';
import { waitsFor, type Held } from '../dark.ts';
import { firstRefusal, type Subject } from './check.ts';
import { factsFor } from './facts.ts';
import { CHECKS } from './list.ts';
import { needsLastForValue, valuedAt } from './prices.ts';

export interface Passed {
  /** See `Intent.valuedAt`; null: its own price. */
  readonly valuedAt: DecimalString | null;
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
    input,
  };
  const facts = factsFor(context, subject);
  const refusal = await firstRefusal(CHECKS, subject, facts);
  if (refusal !== null) return refusal;
  const prices = needsLastForValue(subject) ? await facts.prices() : null;
  return { valuedAt: valuedAt(subject, prices !== null && 'fact' in prices ? prices.fact.last : null) };
}
