import { ownAccount } from '../access/roles.ts';
import type { Resolvers } from '../schema/types.generated.ts';
import { exposureRows, symbolsToPrice } from './rows.ts';

export const exposureResolvers: Resolvers = {
  Query: {
    exposure: async (_, { accountId }, context) => {
      const account = await ownAccount(context, accountId);
      const { queries, prices } = context.ports;
      const sums = await queries.exposure(account.id);
      const symbols = symbolsToPrice(sums);
      const tickers = await prices.tickers(account.exchange, symbols);
      const last = new Map(symbols.map((symbol, index) => [symbol, tickers[index]?.last ?? null]));
      return {
        account,
        rows: exposureRows(sums, (symbol) => last.get(symbol) ?? null),
        syncedAt: account.lastSyncedAt,
      };
    },
  },
};
