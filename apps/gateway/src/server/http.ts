import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import express from 'express';
import type { ErrorRequestHandler, Express, RequestHandler, Response } from 'express';
import type { Principal } from '@orderplane/store';
import type { Authenticator } from '../access/authentication.ts';
import { LIMITS } from '../limits/limits.ts';
import { createContext, type GatewayContext, type Services } from './context.ts';
import type { RequestErrorCode } from './errors.ts';

export const GRAPHQL_PATH = '/graphql';

/** Whom `authenticate` let in. */
const callers = new WeakMap<Response, Principal>();

function principalOf(response: Response): Principal {
  const principal = callers.get(response);
  if (principal === undefined) throw new Error('a request passed without authentication');
  return principal;
}

/** The HTTP side: who is it, then how large is it, and only then GraphQL. */
export function createHttpApp(
  apollo: ApolloServer<GatewayContext>,
  services: Services,
  authenticator: Authenticator,
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/', (_, response) => {
    response.type('text/plain').send(`Orderplane. GraphQL is at ${GRAPHQL_PATH}; send "Authorization: Bearer op_…".\n`);
  });
  app.use(
    GRAPHQL_PATH,
    authenticate(authenticator),
    express.json({ limit: LIMITS.bodyBytes }),
    // Without a body (GET) Apollo still wants the property.
    (request, _, next) => {
      (request as { body?: unknown }).body ??= undefined;
      next();
    },
    expressMiddleware(apollo, {
      context: async ({ res }) => createContext(services, principalOf(res), 'request'),
    }),
  );
  app.use((_, response) => refuse(response, 404, 'NOT_FOUND', `there is nothing here; GraphQL is at ${GRAPHQL_PATH}`));
  app.use(failed(services));
  return app;
}

function authenticate(authenticator: Authenticator): RequestHandler {
  return (request, response, next) => {
    authenticator.principal(request.headers.authorization).then((principal) => {
      if (principal === null) {
        response.setHeader('www-authenticate', 'Bearer');
        return refuse(response, 401, 'UNAUTHENTICATED', 'a valid token is needed: send "Authorization: Bearer op_…"');
      }
      callers.set(response, principal);
      next();
    }, next);
  };
}

function refuse(response: Response, status: number, code: RequestErrorCode | 'BAD_REQUEST', message: string): void {
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
}

/** What fails outside GraphQL: a body too large or not JSON, or a database that can't say who is asking. */
function failed({ ports }: Services): ErrorRequestHandler {
  return (cause: unknown, _request, response, next) => {
    if (response.headersSent) return next(cause);
    const type = typeof cause === 'object' && cause !== null && 'type' in cause ? cause.type : null;
    if (type === 'entity.too.large')
      return refuse(response, 413, 'REQUEST_TOO_LARGE', `a request may have ${LIMITS.bodyBytes} bytes at most`);
    const status = typeof cause === 'object' && cause !== null && 'status' in cause ? Number(cause.status) : 500;
    if (status >= 400 && status < 500) return refuse(response, status, 'BAD_REQUEST', 'the body is not valid JSON');
    ports.log.error({ err: cause }, 'a request failed');
    return refuse(response, 503, 'SERVICE_UNAVAILABLE', 'the service can not answer right now: try again later');
  };
}
