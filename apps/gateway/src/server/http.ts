import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import express from 'express';
import type { ErrorRequestHandler, Express, RequestHandler, Response } from 'express';
import { GraphQLError } from 'graphql';
import type { Authenticator } from '../access/authentication.ts';
import type { Caller } from '../access/caller.ts';
import { documentOf, type Documents } from '../documents/documents.ts';
import { LIMITS } from '../limits/limits.ts';
import type { Policy } from '../policy.ts';
import { createContext, type GatewayContext, type Services } from './context.ts';
import { rateLimited, type RequestErrorCode } from './errors.ts';
import { crossOrigin, securityHeaders } from './headers.ts';
import type { RemoteReader } from './remote.ts';
import { requestIdOf, requestScope } from './request-scope.ts';

export const GRAPHQL_PATH = '/graphql';

/** Whom `authenticate` let in. */
const callers = new WeakMap<Response, Caller>();

function callerOf(response: Response): Caller {
  const caller = callers.get(response);
  if (caller === undefined) throw new Error('a request passed without authentication');
  return caller;
}

export interface Entrance {
  readonly authenticator: Authenticator;
  readonly remoteOf: RemoteReader;
  readonly policy: Policy;
}

/** The HTTP side: from where, who is it, how often, how large is it, which document, and only then GraphQL. */
export function createHttpApp(apollo: ApolloServer<GatewayContext>, services: Services, entrance: Entrance): Express {
  const { policy } = entrance;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(securityHeaders(policy.trustedProxies.length > 0), crossOrigin(policy.corsOrigins, refuse));
  app.get('/', (_, response) => {
    response.type('text/plain').send(`Orderplane. GraphQL is at ${GRAPHQL_PATH}; send "Authorization: Bearer op_…".\n`);
  });
  app.use(
    GRAPHQL_PATH,
    requestScope(services.ports.newId),
    authenticate(entrance),
    limitRate(services),
    express.json({ limit: LIMITS.bodyBytes }),
    namedDocuments(policy.documents),
    expressMiddleware(apollo, {
      context: async ({ res }) => createContext(services, callerOf(res), 'request', requestIdOf(res)),
    }),
  );
  app.use((_, response) => refuse(response, 404, 'NOT_FOUND', `there is nothing here; GraphQL is at ${GRAPHQL_PATH}`));
  app.use(failed(services));
  return app;
}

function authenticate({ authenticator, remoteOf }: Entrance): RequestHandler {
  return (request, response, next) => {
    authenticator.signIn(request.headers.authorization, remoteOf(request)).then((signIn) => {
      switch (signIn.kind) {
        case 'in':
          callers.set(response, signIn.caller);
          return next();
        case 'tooMany':
          return slowDown(response, signIn.retryAfterMs);
        case 'refused':
          response.setHeader('www-authenticate', 'Bearer');
          return refuse(response, 401, 'UNAUTHENTICATED', 'a valid token is needed: send "Authorization: Bearer op_…"');
      }
    }, next);
  };
}

/** One request of the caller's, before anything of it is read. */
function limitRate({ ports }: Services): RequestHandler {
  return (_, response, next) => {
    ports.rates.ask(callerOf(response).principal.tokenId).then((waitMs) => {
      if (waitMs === null) return next();
      slowDown(response, waitMs);
    }, next);
  };
}

/** Puts the text in the place of an id; with an allow-list, lets nothing else through. */
function namedDocuments(documents: Documents): RequestHandler {
  return (request, response, next) => {
    // Without a body (GET) Apollo still wants the property.
    const body: unknown = ((request as { body?: unknown }).body ??= undefined);
    if (documents.isAllowList && request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      return refuse(response, 405, 'BAD_REQUEST', 'only POST is served here');
    }
    const document = documentOf(documents, body);
    if (document instanceof GraphQLError) {
      const code = document.extensions['code'] as RequestErrorCode;
      return refuse(response, code === 'DOCUMENT_NOT_ALLOWED' ? 403 : 400, code, document.message);
    }
    if (document !== null) request.body = { ...(body as object), query: document, extensions: null };
    next();
  };
}

function slowDown(response: Response, retryAfterMs: number): void {
  const { message, extensions } = rateLimited(retryAfterMs);
  response.setHeader('retry-after', String(Math.ceil(retryAfterMs / 1_000)));
  response.status(429).json({ errors: [{ message, extensions }] });
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
