import type { MutationResolvers } from '../schema/types.generated.ts';
import { tradingRefusal } from '../access/roles.ts';
import { orderResult, runCommand } from './commands.ts';
import { parseIdArgument } from './input.ts';

const HOW_TO_REPEAT = 'Repeat it: cancelling twice does no harm.';

export const cancelOrder: NonNullable<MutationResolvers['cancelOrder']> = async (_, { orderId }, context) => {
  const refusal = tradingRefusal(context.principal);
  if (refusal !== null) return { order: null, userErrors: [refusal] };
  const parsed = parseIdArgument('orderId', orderId);
  if (!parsed.ok) return { order: null, userErrors: parsed.userErrors };

  const { userId } = context.principal;
  const command = { kind: 'cancel', commandId: context.ports.newId(), userId, orderId } as const;
  return orderResult(context, await runCommand(context, command, HOW_TO_REPEAT), HOW_TO_REPEAT);
};
