import type { UserError } from '@orderplane/domain';
import type { OrderCommand } from '@orderplane/queues';
import type { Account } from '@orderplane/store';
import { tradingRefusal } from '../access/roles.ts';
import { runCommand } from '../orders/commands.ts';
import { parseIdArgument } from '../orders/input.ts';
import type { MutationResolvers } from '../schema/types.generated.ts';
import type { GatewayContext } from '../server/context.ts';

interface AccountResult {
  readonly account: Account | null;
  readonly userErrors: readonly UserError[];
}

export const haltAccount: NonNullable<MutationResolvers['haltAccount']> = (_, { accountId, cancelOpen }, context) =>
  run(
    context,
    accountId,
    (base) => ({ kind: 'halt', ...base, accountId, cancelOpen: cancelOpen ?? true }),
    'Repeat it: halting twice does no harm.',
  );

export const resumeAccount: NonNullable<MutationResolvers['resumeAccount']> = (_, { accountId }, context) =>
  run(
    context,
    accountId,
    (base) => ({ kind: 'resume', ...base, accountId }),
    'Read the account, and repeat it if that is still halted.',
  );

export const setDeadMansSwitch: NonNullable<MutationResolvers['setDeadMansSwitch']> = (
  _,
  { accountId, timeoutSeconds },
  context,
) =>
  run(
    context,
    accountId,
    (base) => ({ kind: 'setDeadMansSwitch', ...base, accountId, timeoutSeconds: timeoutSeconds ?? null }),
    'Repeat it: setting it twice does no harm.',
  );

/** Runs the command and gives the account as it is afterwards. */
async function run(
  context: GatewayContext,
  accountId: string,
  commandOf: (base: { readonly commandId: string; readonly userId: string }) => OrderCommand,
  howToRepeat: string,
): Promise<AccountResult> {
  const refusal = tradingRefusal(context.principal);
  if (refusal !== null) return { account: null, userErrors: [refusal] };
  const parsed = parseIdArgument('accountId', accountId);
  if (!parsed.ok) return { account: null, userErrors: parsed.userErrors };
  const base = { commandId: context.ports.newId(), userId: context.principal.userId };
  const { userErrors } = await runCommand(context, commandOf(base), howToRepeat);
  const account = userErrors.length === 0 ? await context.loaders.account.clear(accountId).load(accountId) : null;
  context.loaders.deadMansSwitch.clear(accountId);
  return { account, userErrors };
}
