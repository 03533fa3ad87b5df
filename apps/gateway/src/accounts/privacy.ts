import type { UserError } from '@orderplane/domain';
import { MAX_RETENTION_DAYS, type Account } from '@orderplane/store';
import { z } from 'zod';
import { tradingRefusal } from '../access/roles.ts';
import { runCommand } from '../orders/commands.ts';
import { IdSchema, parseIdArgument, parseInput } from '../orders/input.ts';
import type { MutationResolvers } from '../schema/types.generated.ts';
import type { GatewayContext } from '../server/context.ts';

interface AccountResult {
  readonly account: Account | null;
  readonly userErrors: readonly UserError[];
}

const DAYS = { message: `give 0 to ${MAX_RETENTION_DAYS} days, or null to keep the history` };
/** Null is no setting of a switch: it stays as it is. Of the days it is one. */
const PrivacySchema = z
  .object({
    accountId: IdSchema,
    cacheOpenOrders: z.boolean().nullish(),
    encryptAtRest: z.boolean().nullish(),
    historyRetentionDays: z.number().int(DAYS).min(0, DAYS).max(MAX_RETENTION_DAYS, DAYS).nullish(),
  })
  .transform(({ accountId, cacheOpenOrders, encryptAtRest, historyRetentionDays }) => ({
    accountId,
    change: {
      ...(typeof cacheOpenOrders === 'boolean' ? { cacheOpenOrders } : {}),
      ...(typeof encryptAtRest === 'boolean' ? { encryptAtRest } : {}),
      ...(historyRetentionDays === undefined ? {} : { historyRetentionDays }),
    },
  }))
  .refine(({ change }) => Object.keys(change).length > 0, {
    message: 'nothing to change: give cacheOpenOrders, encryptAtRest or historyRetentionDays',
  });

const HOW_TO_REPEAT = 'Repeat it: twice has the effect of once.';

export const setPrivacy: NonNullable<MutationResolvers['setPrivacy']> = async (_, { input }, context) => {
  const refusal = tradingRefusal(context.principal);
  if (refusal !== null) return { account: null, userErrors: [refusal] };
  const parsed = parseInput(PrivacySchema, input);
  if (!parsed.ok) return { account: null, userErrors: parsed.userErrors };
  const base = { commandId: context.ports.newId(), userId: context.principal.userId };
  const { userErrors } = await runCommand(context, { kind: 'setPrivacy', ...base, ...parsed.value }, HOW_TO_REPEAT);
  return afterwards(context, parsed.value.accountId, userErrors);
};

export const clearOrderCache: NonNullable<MutationResolvers['clearOrderCache']> = async (_, { accountId }, context) => {
  const refusal = tradingRefusal(context.principal);
  if (refusal !== null) return { account: null, userErrors: [refusal] };
  const parsed = parseIdArgument('accountId', accountId);
  if (!parsed.ok) return { account: null, userErrors: parsed.userErrors };
  const base = { commandId: context.ports.newId(), userId: context.principal.userId };
  const { userErrors } = await runCommand(context, { kind: 'clearOrderCache', ...base, accountId }, HOW_TO_REPEAT);
  return afterwards(context, accountId, userErrors);
};

/** The account as the command has left it. */
async function afterwards(
  { loaders }: GatewayContext,
  accountId: string,
  userErrors: readonly UserError[],
): Promise<AccountResult> {
  const account = userErrors.length === 0 ? await loaders.account.clear(accountId).load(accountId) : null;
  return { account, userErrors };
}
