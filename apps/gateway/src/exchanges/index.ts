import type { Resolvers } from '../schema/types.generated.ts';
import { exchanges } from './exchanges.ts';
import { markets } from './markets.ts';

export const exchangeResolvers: Resolvers = { Query: { exchanges, markets } };
