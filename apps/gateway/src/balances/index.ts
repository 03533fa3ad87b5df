import type { Resolvers } from '../schema/types.generated.ts';
import { balances } from './balances.ts';

export const balanceResolvers: Resolvers = { Query: { balances } };
