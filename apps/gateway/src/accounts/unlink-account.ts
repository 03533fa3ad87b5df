import { tradingRefusal } from '../access/roles.ts';
import { parseIdArgument } from '../orders/input.ts';
import { runCommand } from '../orders/commands.ts';
import type { MutationResolvers } from '../schema/types.generated.ts';

const HOW_TO_REPEAT = 'Repeat it: unlinking twice does no harm.';

export const unlinkAccount: NonNullable<MutationResolvers['unlinkAccount']> = async (_, { accountId }, context) => {
  const refusal = tradingRefusal(context.principal);
  if (refusal !== null) return { account: null, userErrors: [refusal] };
  const parsed = parseIdArgument('accountId', accountId);
  if (!parsed.ok) return { account: null, userErrors: parsed.userErrors };
  const { userId } = context.principal;
  const command = { kind: 'unlink', commandId: context.ports.newId(), userId, accountId } as const;
  const { userErrors } = await runCommand(context, command, HOW_TO_REPEAT);
  // What it was: it can still be read through its orders.
  const account = userErrors.length === 0 ? await context.loaders.account.clear(accountId).load(accountId) : null;
  return { account, userErrors };
};
