import type { IncomingMessage, Server } from 'node:http';
import { getOperationAST, GraphQLError, OperationTypeNode } from 'graphql';
import type { GraphQLFormattedError, GraphQLSchema } from 'graphql';
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws';
import type { SubscribePayload } from 'graphql-ws';
import type { Extra } from 'graphql-ws/use/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Principal } from '@orderplane/store';
import type { Authenticator } from '../access/authentication.ts';
import { checkCost } from '../limits/cost.ts';
import { LIMITS } from '../limits/limits.ts';
import { Connections } from './connections.ts';
import { createContext, type Services } from './context.ts';
import { deliver, type Delivery } from './delivery.ts';
import { Documents } from './documents.ts';
import { formatError, noteMutationErrors, requestError } from './errors.ts';
import { GRAPHQL_PATH } from './http.ts';
import { audienceOf, SharedAnswers } from './shared-answers.ts';
import { Turn } from './turn.ts';

/** Open operations on one connection. */
const MAX_OPERATIONS = 100;
/** Open connections of this process. */
const MAX_CONNECTIONS = 10_000;
/** A connection outlives the revocation or expiry of its token by this at most, ms. */
const RECHECK_MS = 60_000;
/** Close code of RFC 6455's registry. */
const TRY_AGAIN_LATER = 1013;
/** Time for clients to answer the closing handshake, ms. */
const CLOSE_GRACE_MS = 2_000;

interface ConnectionExtra extends Record<PropertyKey, unknown> {
  principal?: Principal;
  recheck?: NodeJS.Timeout;
}
type ConnectionParams = Readonly<Record<string, unknown>>;

export interface WebSocketSide {
  /** Ends every subscription with close code 1001 (going away). */
  close(): Promise<void>;
}

/** The graphql-ws protocol on the same port and path, with the authentication and the limits of the HTTP side. */
export function serveWebSocket(
  schema: GraphQLSchema,
  httpServer: Server,
  services: Services,
  authenticator: Authenticator,
): WebSocketSide {
  const { log } = services.ports;
  const sockets: WebSocketServer = new WebSocketServer({
    server: httpServer,
    path: GRAPHQL_PATH,
    maxPayload: LIMITS.bodyBytes,
    handleProtocols,
    verifyClient: (_info, decide) => decide(sockets.clients.size < MAX_CONNECTIONS, 503),
  });
  const formatted = (error: GraphQLError): GraphQLFormattedError => formatError(error.toJSON(), error, log);
  const documents = new Documents(schema);
  const answers = new SharedAnswers(({ data, errors }) => ({
    data: data ?? null,
    ...(errors === undefined ? {} : { errors: errors.map(formatted) }),
  }));
  const turn = new Turn();
  const server = makeServer<ConnectionParams, Extra & ConnectionExtra>({
    connectionInitWaitTimeout: 5_000,
    onConnect: async ({ connectionParams, extra }) => {
      const authorization = authorizationOf(connectionParams, extra.request);
      const principal = await authenticator.principal(authorization).catch((cause: unknown) => {
        log.error({ err: cause }, 'a caller could not be looked up');
        extra.socket.close(TRY_AGAIN_LATER, 'try again later');
        return null;
      });
      if (principal === null) {
        refuse(extra.socket);
        return false;
      }
      extra.principal = principal;
      extra.recheck = setInterval(() => {
        const stillValid = authenticator.principal(authorization);
        // A database that can't say leaves things as they are.
        stillValid.then((known) => known ?? refuse(extra.socket)).catch(() => undefined);
      }, RECHECK_MS);
      return true;
    },
    onClose: ({ extra }) => clearInterval(extra.recheck),
    onSubscribe: ({ extra, subscriptions }, id, payload) => {
      if (extra.principal === undefined) return [requestError('UNAUTHENTICATED', 'a valid token is needed')];
      if (Object.keys(subscriptions).length > MAX_OPERATIONS)
        return [requestError('TOO_MANY_OPERATIONS', `a connection may have ${MAX_OPERATIONS} operations at most`)];
      const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
      const send = (answer: string) => connections.send(extra.socket, extra.request.socket, `${head}${answer}}`);
      return prepare(schema, documents, { payload, services, principal: extra.principal, send });
    },
    // What `prepare` has made.
    subscribe: (args) => deliver(args as Delivery, answers, turn),
    onNext: (_context, _id, _payload, { document, operationName }, { errors, data }) => {
      if (errors === undefined) return undefined;
      if (getOperationAST(document, operationName)?.operation === OperationTypeNode.MUTATION)
        noteMutationErrors(errors);
      return { data: data ?? null, errors: errors.map(formatted) };
    },
    onError: (_context, _id, _payload, errors) =>
      errors.map((error) => (error instanceof GraphQLError ? formatted(error) : error)),
  });
  const connections: Connections = new Connections(sockets, server, log);
  return { close: () => connections.close(CLOSE_GRACE_MS) };
}

/** 4401 is final for clients; 4403, which graphql-ws would give by itself, makes them try again for ever. */
const refuse = (socket: WebSocket): void =>
  socket.close(CloseCode.Unauthorized, 'UNAUTHENTICATED: a valid token is needed');

/** From the connection parameters, as browsers must, or from the header of the upgrade request. */
function authorizationOf(parameters: ConnectionParams | undefined, request: IncomingMessage): string | undefined {
  for (const name of ['authorization', 'Authorization']) {
    const value = parameters?.[name];
    if (typeof value === 'string') return value;
  }
  return request.headers.authorization;
}

interface Wish extends Pick<Delivery, 'send'> {
  readonly payload: SubscribePayload;
  readonly services: Services;
  readonly principal: Principal;
}

/** What is to be executed, or why it will not be. */
function prepare(
  schema: GraphQLSchema,
  documents: Documents,
  { payload: { query, operationName, variables }, services, principal, send }: Wish,
): Delivery | readonly GraphQLError[] {
  const known = documents.read(query);
  if (!('document' in known)) return known;
  const { document } = known;
  const operation = getOperationAST(document, operationName);
  if (!operation) return [new GraphQLError('the operation to execute is not clear')];
  const refusal = checkCost(schema, document, operationName, variables ?? {});
  if (refusal !== null) return [refusal];
  const lives = operation.operation === OperationTypeNode.SUBSCRIPTION ? 'subscription' : 'request';
  return {
    schema,
    document,
    operationName: operationName ?? null,
    variableValues: variables ?? null,
    contextValue: createContext(services, principal, lives),
    audience: audienceOf(known, operationName ?? null, variables ?? {}, principal),
    send,
  };
}
