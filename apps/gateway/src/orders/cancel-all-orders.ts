import type { MutationResolvers } from '../schema/types.generated.ts';
import { tradingRefusal } from '../access/roles.ts';
import { runCommand } from './commands.ts';
import { parseCancelAllInput } from './input.ts';

const HOW_TO_REPEAT = 'Repeat it: cancelling twice does no harm.';

export const cancelAllOrders: NonNullable<MutationResolvers['cancelAllOrders']> = async (_, { input }, context) => {
  const refusal = tradingRefusal(context.principal);
  if (refusal !== null) return { requested: [], userErrors: [refusal] };
  const parsed = parseCancelAllInput(input);
  if (!parsed.ok) return { requested: [], userErrors: parsed.userErrors };

  const { userId } = context.principal;
  const command = { kind: 'cancelAll', commandId: context.ports.newId(), userId, ...parsed.value } as const;
  const { orderIds, userErrors } = await runCommand(context, command, HOW_TO_REPEAT);
  const requested = orderIds.length === 0 ? [] : await context.ports.queries.byIds(userId, orderIds);
  return { requested, userErrors };
};
