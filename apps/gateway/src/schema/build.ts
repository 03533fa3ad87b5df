import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import { accountResolvers } from '../accounts/index.ts';
import { alertResolvers } from '../alerts/index.ts';
import { balanceResolvers } from '../balances/index.ts';
import { exchangeResolvers } from '../exchanges/index.ts';
import { exposureResolvers } from '../exposure/index.ts';
import { groupResolvers } from '../groups/index.ts';
import { orderResolvers } from '../orders/index.ts';
import { reconcilerResolvers } from '../reconciler/index.ts';
import { sessionResolvers } from '../sessions/index.ts';
import { subscriptionResolvers } from '../subscriptions/index.ts';
import { userResolvers } from '../users/index.ts';
import { guardSchema } from '../access/guard.ts';
import { loadTypeDefinitions } from './load.ts';
import { scalars } from './scalars.ts';

/** The served schema, guarded. Fails at start when a resolver has no field in the SDL, or a field no role. */
export const buildGatewaySchema = (): GraphQLSchema =>
  guardSchema(
    makeExecutableSchema({
      typeDefs: loadTypeDefinitions(),
      resolvers: [
        scalars,
        orderResolvers,
        groupResolvers,
        accountResolvers,
        alertResolvers,
        sessionResolvers,
        exchangeResolvers,
        exposureResolvers,
        balanceResolvers,
        reconcilerResolvers,
        subscriptionResolvers,
        userResolvers,
      ],
      resolverValidationOptions: { requireResolversToMatchSchema: 'error' },
    }),
  );
