import type { IncomingMessage, Server } from 'node:http';
import { getOperationAST, GraphQLError, OperationTypeNode } from 'graphql';
import type { ExecutionResult, FormattedExecutionResult, GraphQLFormattedError, GraphQLSchema } from 'graphql';
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws';
import type { Context, SubscribePayload } from 'graphql-ws';
import type { Extra } from 'graphql-ws/use/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Caller } from '../access/caller.ts';
import { documentOf } from '../documents/documents.ts';
import { checkCost } from '../limits/cost.ts';
import { LIMITS } from '../limits/limits.ts';
import type { Policy } from '../policy.ts';
import { Connections } from './connections.ts';
import { createContext, type Services } from './context.ts';
import { deliver, type Delivery } from './delivery.ts';
import { Documents } from './documents.ts';
import { formatWithCode, noteMutationErrors, rateLimited, requestError } from './errors.ts';
import { GRAPHQL_PATH, type Entrance } from './http.ts';
import { OpenConnections, type Connection } from './open-connections.ts';
import { executeInScope, inScope, scopeOf } from './operation-scope.ts';
import { audienceOf, SharedAnswers } from './shared-answers.ts';
import { Turn } from './turn.ts';

/** Open operations on one connection. */
const MAX_OPERATIONS = 100;
/** Open connections of this process. */
const MAX_CONNECTIONS = 10_000;
/** A connection outlives its token by this at most, ms, where the news of a revocation did not arrive. */
const RECHECK_MS = 10_000;
/** Close code of RFC 6455's registry. */
const TRY_AGAIN_LATER = 1013;
/** Time for clients to answer the closing handshake, ms. */
const CLOSE_GRACE_MS = 2_000;

interface ConnectionExtra extends Record<PropertyKey, unknown> {
  connection?: Connection;
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
  entrance: Entrance,
): WebSocketSide {
  const { policy, remoteOf } = entrance;
  const { log, rates } = services.ports;
  const open = new OpenConnections(policy.limits);
  const sockets: WebSocketServer = new WebSocketServer({
    server: httpServer,
    path: GRAPHQL_PATH,
    maxPayload: LIMITS.bodyBytes,
    handleProtocols,
    verifyClient: ({ req: request }, decide) => {
      const status = sockets.clients.size < MAX_CONNECTIONS ? refusedStatus(request, entrance, open) : 503;
      decide(status === null, status ?? undefined);
    },
  });
  sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    socket.once('close', open.arrived(remoteOf(request)));
  });
  const stopListening = services.revocations.listen((revocation) => open.revoke(revocation));
  const formatted = (error: GraphQLError): GraphQLFormattedError => formatWithCode(error, log);
  const documents = new Documents(schema, policy.introspection);
  const answers = new SharedAnswers((result) => written(result, formatted));
  const turn = new Turn();
  const server = makeServer<ConnectionParams, Extra & ConnectionExtra>({
    connectionInitWaitTimeout: 5_000,
    jsonMessageReviver: fromClient,
    onConnect: (context) => signIn(context, entrance, { open, log }),
    onClose: ({ extra }) => {
      clearInterval(extra.recheck);
      if (extra.connection !== undefined) open.signOut(extra.connection);
    },
    onSubscribe: async ({ extra, subscriptions }, id, payload) => {
      const caller = extra.connection?.caller;
      if (caller === undefined) return [requestError('UNAUTHENTICATED', 'a valid token is needed')];
      if (Object.keys(subscriptions).length > MAX_OPERATIONS)
        return [requestError('TOO_MANY_OPERATIONS', `a connection may have ${MAX_OPERATIONS} operations at most`)];
      if (!open.mayOpen(caller))
        return [requestError('TOO_MANY_OPERATIONS', 'this token has as many open operations as it may')];
      const waitMs = await rates.ask(caller.principal.tokenId);
      if (waitMs !== null) return [rateLimited(waitMs)];
      const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
      const send = (answer: string) => connections.send(extra.socket, extra.request.socket, `${head}${answer}}`);
      return prepare(schema, documents, { payload, services, caller, policy, send });
    },
    // What `prepare` has made.
    execute: (args) => executeInScope(args as Delivery),
    subscribe: (args) => inScope(args as Delivery, () => deliver(args as Delivery, answers, turn)),
    onNext: (_context, _id, _payload, args, { errors, data }) => {
      const { document, operationName, scope } = args as Delivery;
      const extensions = { requestId: scope.requestId };
      if (errors === undefined) return scope.isNamed ? { data: data ?? null, extensions } : undefined;
      if (getOperationAST(document, operationName)?.operation === OperationTypeNode.MUTATION)
        noteMutationErrors(errors);
      return { data: data ?? null, errors: errors.map(formatted), extensions };
    },
    onError: (_context, _id, _payload, errors) =>
      errors.map((error) => (error instanceof GraphQLError ? formatted(error) : error)),
  });
  const connections: Connections = new Connections(sockets, server, log);
  return {
    close: () => {
      stopListening();
      return connections.close(CLOSE_GRACE_MS);
    },
  };
}

const written = (
  { data, errors }: ExecutionResult,
  formatted: (error: GraphQLError) => GraphQLFormattedError,
): FormattedExecutionResult => ({
  data: data ?? null,
  ...(errors === undefined ? {} : { errors: errors.map(formatted) }),
});

/** What the upgrade is refused with; null: it may come in and say who it is. */
function refusedStatus(request: IncomingMessage, { policy, remoteOf }: Entrance, open: OpenConnections): number | null {
  const { origin } = request.headers;
  if (origin !== undefined && !policy.corsOrigins.includes(origin)) return 403;
  return open.admits(remoteOf(request)) ? null : 429;
}

interface Entering {
  readonly open: OpenConnections;
  readonly log: Services['ports']['log'];
}

/** False: refused, and the connection closed with the reason. */
async function signIn(
  context: Context<ConnectionParams, Extra & ConnectionExtra>,
  { authenticator, remoteOf }: Entrance,
  { open, log }: Entering,
): Promise<boolean> {
  const { connectionParams, extra } = context;
  const authorization = authorizationOf(connectionParams, extra.request);
  const found = await authenticator.signIn(authorization, remoteOf(extra.request)).catch((cause: unknown) => {
    log.error({ err: cause }, 'a caller could not be looked up');
    return { kind: 'tooMany' as const };
  });
  if (found.kind === 'tooMany') {
    extra.socket.close(TRY_AGAIN_LATER, 'try again later');
    return false;
  }
  if (found.kind === 'refused') {
    refuse(extra.socket);
    return false;
  }
  const connection: Connection = {
    caller: found.caller,
    openOperations: () => Object.keys(context.subscriptions).length,
    end: () => refuse(extra.socket),
  };
  // It may have gone while it was looked up.
  if (extra.socket.readyState !== extra.socket.OPEN) return false;
  if (!open.signIn(connection)) {
    extra.socket.close(TRY_AGAIN_LATER, 'TOO_MANY_CONNECTIONS: this token has as many as it may');
    return false;
  }
  extra.connection = connection;
  extra.recheck = setInterval(() => {
    // A database that can't say leaves things as they are.
    authenticator.isValid(authorization).then(
      (isValid) => isValid || connection.end(),
      () => undefined,
    );
  }, RECHECK_MS);
  return true;
}

/** Messages that only servers send: graphql-ws takes them for a fault of its own. */
const OF_SERVERS: ReadonlySet<unknown> = new Set(['connection_ack', 'next', 'error']);

/** Throws for the whole message (the key ""), which then is closed as what it is: a bad request (4400). */
function fromClient(key: string, value: unknown): unknown {
  const isMessage = key === '' && typeof value === 'object' && value !== null && 'type' in value;
  if (isMessage && OF_SERVERS.has(value.type)) throw new Error('clients do not send this');
  return value;
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
  readonly caller: Caller;
  readonly policy: Policy;
}

/** What is to be executed, or why it will not be. */
function prepare(
  schema: GraphQLSchema,
  documents: Documents,
  { payload, services, caller, policy, send }: Wish,
): Delivery | readonly GraphQLError[] {
  const { operationName, variables, extensions } = payload;
  const query = documentOf(policy.documents, payload) ?? payload.query;
  if (query instanceof GraphQLError) return [query];
  const known = documents.read(query);
  if (!('document' in known)) return known;
  const { document } = known;
  const operation = getOperationAST(document, operationName);
  if (!operation)
    return [
      new GraphQLError('the operation to execute is not clear: name one of the document in operationName', {
        extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
      }),
    ];
  const refusal = checkCost(schema, document, operationName, variables ?? {});
  if (refusal !== null) return [refusal];
  const scope = scopeOf(extensions, services.ports.newId);
  const lives = operation.operation === OperationTypeNode.SUBSCRIPTION ? 'subscription' : 'request';
  return {
    schema,
    document,
    operationName: operationName ?? null,
    variableValues: variables ?? null,
    contextValue: createContext(services, caller, lives, scope.requestId),
    scope,
    audience: audienceOf(known, operationName ?? null, variables ?? {}, caller.principal),
    send,
  };
}
