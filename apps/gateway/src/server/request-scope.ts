import type { RequestHandler } from 'express';
import { currentSpan, isTracing, traced, withLogScope } from '@orderplane/service-kit';
import type { ApolloServerPlugin } from '@apollo/server';
import type { GatewayContext } from './context.ts';
import { describe } from './operation-metrics.ts';

/** What a caller may use as the id of its request: it stands in our logs. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;
export const usableRequestId = (given: unknown): string | null =>
  typeof given === 'string' && REQUEST_ID.test(given) ? given : null;
const HEADER = 'x-request-id';
const ids = new WeakMap<object, string>();

/** Of the HTTP request, by its response; null: it has none. */
export const requestIdOf = (response: object): string | null => ids.get(response) ?? null;

/**
 * Gives each request an id (the caller's own, where it sends a usable one), which is on every line that is logged for it,
 * here and in the service that carries out its command, and in the answer's headers. While somebody traces, the request is
 * a span too, in the caller's own trace if it sends a traceparent.
 */
export function requestScope(newId: () => string): RequestHandler {
  return (request, response, next) => {
    const requestId = usableRequestId(request.headers[HEADER]) ?? newId();
    ids.set(response, requestId);
    response.setHeader(HEADER, requestId);
    withLogScope({ requestId }, () => {
      if (!isTracing()) return next();
      const { traceparent } = request.headers;
      const parent = typeof traceparent === 'string' ? traceparent : null;
      const facts = { 'http.request.method': request.method, 'orderplane.request_id': requestId };
      void traced('graphql', facts, (span) => answered(response, next, (said) => span.note(said)), {
        kind: 'server',
        parent,
      });
    });
  };
}

/** Until the answer was handed over, or nobody waits for it any more. */
function answered(
  response: Parameters<RequestHandler>[1],
  next: () => void,
  note: (facts: Record<string, number>) => void,
): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', () => {
      note({ 'http.response.status_code': response.statusCode });
      resolve();
    });
    next();
  });
}

/** Names the request's span after what it does: the operation and its first field, both from the schema. */
export const spanNames: ApolloServerPlugin<GatewayContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      const span = currentSpan();
      if (span === null) return;
      const { operation: type, field } = describe(operation);
      span.rename(`${type} ${field}`);
      span.note({ 'graphql.operation.type': type });
    },
    didEncounterErrors: async ({ errors }) => {
      const code = errors[0]?.extensions['code'];
      currentSpan()?.fail(typeof code === 'string' ? code : 'error');
    },
  }),
};
