import type { Server } from 'node:http';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { isTracing } from '@orderplane/service-kit';
import { GraphQLError, OperationTypeNode } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { checkCost } from '../limits/cost.ts';
import { LIMITS } from '../limits/limits.ts';
import { structureRule } from '../limits/structure.ts';
import type { Policy } from '../policy.ts';
import type { Ports } from '../ports.ts';
import type { GatewayContext } from './context.ts';
import { formatError, noteMutationErrors } from './errors.ts';
import { operationMetrics } from './operation-metrics.ts';
import { spanNames } from './request-scope.ts';

/** A document that was sent with its id may be asked for by it for this long, s. */
const AUTOMATIC_SECONDS = 3_600;

/** Queries and mutations over HTTP. Subscriptions have their own transport, with the same limits. */
export function createApolloServer(
  schema: GraphQLSchema,
  httpServer: Server,
  { log, metrics }: Pick<Ports, 'log' | 'metrics'>,
  { introspection, documents }: Pick<Policy, 'introspection' | 'documents'>,
): ApolloServer<GatewayContext> {
  return new ApolloServer<GatewayContext>({
    schema,
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    csrfPrevention: true,
    includeStacktraceInErrorResponses: false,
    // Automatic ones for whoever is signed in, in Apollo's bounded store (30 MB); with an allow-list there are none.
    persistedQueries: documents.isAllowList ? false : { ttl: AUTOMATIC_SECONDS },
    // Parsed and validated documents are kept by their text (Apollo's default store, 30 MB).
    parseOptions: { maxTokens: LIMITS.tokens },
    validationRules: [structureRule],
    validationOptions: { maxErrors: 10 },
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => formatError(formatted, error, log),
    stringifyResult: (result) => JSON.stringify(result),
    logger: {
      debug: (message: unknown) => log.debug(String(message)),
      info: (message: unknown) => log.info(String(message)),
      warn: (message: unknown) => log.warn(String(message)),
      error: (message: unknown) => log.error(String(message)),
    },
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginDrainHttpServer({ httpServer, stopGracePeriodMillis: 5_000 }),
      noSubscriptions,
      costLimit,
      mutationErrors,
      operationMetrics(metrics),
      ...(isTracing() ? [spanNames] : []),
    ],
  });
}

/** Apollo Server would execute one as if it were a query, with a resolver that there is not. */
const noSubscriptions: ApolloServerPlugin<GatewayContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      if (operation?.operation === OperationTypeNode.SUBSCRIPTION)
        throw new GraphQLError(
          'subscriptions are not served over HTTP: open a WebSocket (graphql-ws) to this address',
          {
            extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
          },
        );
    },
  }),
};

const mutationErrors: ApolloServerPlugin<GatewayContext> = {
  requestDidStart: async () => ({
    didEncounterErrors: async ({ operation, errors }) => {
      if (operation?.operation === OperationTypeNode.MUTATION) noteMutationErrors(errors);
    },
  }),
};

const costLimit: ApolloServerPlugin<GatewayContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ schema, document, request }) => {
      const refusal = checkCost(schema, document, request.operationName, request.variables ?? {});
      if (refusal !== null) throw refusal;
    },
  }),
};
