import { TriggerDirectionSchema, TriggerSourceSchema } from '@orderplane/domain';
import { z } from 'zod';
import { AmountSchema, SymbolSchema } from './values.ts';

/** The market may be left out: what it is then depends on what waits. */
export const TriggerSchema = z.object({
  symbol: SymbolSchema.nullish().transform((symbol) => symbol ?? null),
  source: TriggerSourceSchema.nullish().transform((source) => source ?? ('LAST' as const)),
  direction: TriggerDirectionSchema,
  price: AmountSchema,
});
