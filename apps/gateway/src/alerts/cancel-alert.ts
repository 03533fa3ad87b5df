import type { MutationResolvers } from '../schema/types.generated.ts';
import { tradingRefusal } from '../access/roles.ts';
import { runCommand } from '../orders/commands.ts';
import { parseIdArgument } from '../orders/input.ts';
import { alertResult } from './result.ts';

const HOW_TO_REPEAT = 'Repeat it: cancelling twice does no harm.';

export const cancelAlert: NonNullable<MutationResolvers['cancelAlert']> = async (_, { alertId }, context) => {
  const refusal = tradingRefusal(context.principal);
  if (refusal !== null) return { alert: null, userErrors: [refusal] };
  const parsed = parseIdArgument('alertId', alertId);
  if (!parsed.ok) return { alert: null, userErrors: parsed.userErrors };

  const { userId } = context.principal;
  const command = { kind: 'cancelAlert', commandId: context.ports.newId(), userId, alertId } as const;
  return alertResult(context, await runCommand(context, command, HOW_TO_REPEAT));
};
