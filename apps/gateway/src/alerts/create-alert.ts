import type { MutationResolvers } from '../schema/types.generated.ts';
import { tradingRefusal } from '../access/roles.ts';
import { runCommand } from '../orders/commands.ts';
import { parseAlertInput } from './input.ts';
import { alertResult } from './result.ts';

const HOW_TO_REPEAT = 'Read `alerts` of the account, and repeat it if it is missing.';

export const createAlert: NonNullable<MutationResolvers['createAlert']> = async (_, { input }, context) => {
  const refusal = tradingRefusal(context.principal);
  if (refusal !== null) return { alert: null, userErrors: [refusal] };
  const parsed = parseAlertInput(input);
  if (!parsed.ok) return { alert: null, userErrors: parsed.userErrors };

  const { userId } = context.principal;
  const command = { kind: 'createAlert', commandId: context.ports.newId(), userId, input: parsed.value } as const;
  return alertResult(context, await runCommand(context, command, HOW_TO_REPEAT));
};
