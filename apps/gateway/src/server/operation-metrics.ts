import type { ApolloServerPlugin } from '@apollo/server';
import { Kind } from 'graphql';
import type { OperationDefinitionNode } from 'graphql';
import type { Metrics } from '@orderplane/service-kit';
import type { GatewayContext } from './context.ts';

/** Requests and their durations, by operation type and first root field: both from the schema, so their number is bounded. */
export function operationMetrics(metrics: Metrics): ApolloServerPlugin<GatewayContext> {
  const seconds = metrics.histogram('gateway_operation_seconds', 'Duration of queries and mutations', [
    'operation',
    'field',
    'outcome',
  ]);
  return {
    requestDidStart: async () => {
      const startedAt = performance.now();
      return {
        willSendResponse: async ({ operation, errors }) => {
          const labels = { ...describe(operation), outcome: errors === undefined ? 'ok' : 'error' };
          seconds.observe(labels, (performance.now() - startedAt) / 1_000);
        },
      };
    },
  };
}

/** A document that is not valid names nothing: its field could be any text. */
export function describe(operation: OperationDefinitionNode | undefined): { operation: string; field: string } {
  const [first] = operation?.selectionSet.selections ?? [];
  const field = first?.kind === Kind.FIELD ? first.name.value : 'fragment';
  return operation === undefined ? { operation: 'invalid', field: 'none' } : { operation: operation.operation, field };
}
