import type { MutationResolvers } from '../schema/types.generated.ts';
import { tradingRefusal } from '../access/roles.ts';
import { orderResult, runCommand } from './commands.ts';
import { parsePlaceInput } from './input.ts';

export const placeOrder: NonNullable<MutationResolvers['placeOrder']> = async (_, { input }, context) => {
  const refusal = tradingRefusal(context.principal);
  if (refusal !== null) return { order: null, userErrors: [refusal] };
  const parsed = parsePlaceInput(input, context.ports.newId);
  if (!parsed.ok) return { order: null, userErrors: parsed.userErrors };

  const { clientOrderId } = parsed.value;
  const howToRepeat = `Repeat the same request with clientOrderId "${clientOrderId}": it returns the order, whatever became of this try.`;
  const result = await runCommand(
    context,
    { kind: 'place', commandId: context.ports.newId(), userId: context.principal.userId, input: parsed.value },
    howToRepeat,
  );
  return orderResult(context, result, howToRepeat);
};
