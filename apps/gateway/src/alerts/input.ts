import type { AlertInput } from '@orderplane/queues';
import { z } from 'zod';
import { absentIsNull, IdSchema, parseInput, type Parsed } from '../orders/input.ts';
import { TriggerSchema } from '../orders/trigger.ts';
import { SymbolSchema } from '../orders/values.ts';
import type { CreateAlertInput } from '../schema/types.generated.ts';

const NOTE_LENGTH = 500;

/** Shape only: whether the exchange has the market and the price is for order-command to say. */
const CreateAlertSchema = z.object({
  accountId: IdSchema,
  symbol: SymbolSchema,
  trigger: TriggerSchema,
  note: absentIsNull(z.string().max(NOTE_LENGTH, { message: `may have ${NOTE_LENGTH} characters at most` })),
});

/** Without a symbol of its own the trigger watches the market that the alert is about. */
export function parseAlertInput(input: CreateAlertInput): Parsed<AlertInput> {
  const parsed = parseInput(CreateAlertSchema, input);
  if (!parsed.ok) return parsed;
  const { trigger, ...rest } = parsed.value;
  return { ok: true, value: { ...rest, trigger: { ...trigger, symbol: trigger.symbol ?? rest.symbol } } };
}
