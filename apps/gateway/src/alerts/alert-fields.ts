import type { AlertResolvers } from '../schema/types.generated.ts';
import { requestError } from '../server/errors.ts';

export const alertFields: Required<AlertResolvers> = {
  id: ({ id }) => id,
  account: async ({ accountId }, _, { loaders }) => {
    const account = await loaders.account.load(accountId);
    if (account === null) throw requestError('NOT_FOUND', `account ${accountId} does not exist`);
    return account;
  },
  symbol: ({ symbol }) => symbol,
  trigger: ({ trigger, fired }) => ({
    ...trigger,
    firedAt: fired?.at ?? null,
    firedPrice: fired?.price ?? null,
  }),
  note: ({ note }) => note,
  status: ({ status }) => status,
  createdAt: ({ createdAt }) => createdAt,
  updatedAt: ({ updatedAt }) => updatedAt,
  cursor: ({ cursor }) => cursor ?? null,
};
