import type { MutationResolvers } from '../schema/types.generated.ts';
import { tradingRefusal } from '../access/roles.ts';
import { orderResult, runCommand } from './commands.ts';
import { parseModifyInput } from './input.ts';

const HOW_TO_REPEAT = 'Read the order, and repeat the change if it is missing: sizes are totals, so a repeat is safe.';

export const modifyOrder: NonNullable<MutationResolvers['modifyOrder']> = async (_, { input }, context) => {
  const refusal = tradingRefusal(context.principal);
  if (refusal !== null) return { order: null, userErrors: [refusal] };
  const parsed = parseModifyInput(input);
  if (!parsed.ok) return { order: null, userErrors: parsed.userErrors };

  const { userId } = context.principal;
  const command = { kind: 'modify', commandId: context.ports.newId(), userId, ...parsed.value } as const;
  return orderResult(context, await runCommand(context, command, HOW_TO_REPEAT), HOW_TO_REPEAT);
};
