import { GraphQLError, Kind } from 'graphql';
import type { GraphQLFormattedError } from 'graphql';
import { unwrapResolverError } from '@apollo/server/errors';
import { databaseOutage, InvalidCursorError } from '@orderplane/store';
import type { Logger } from '@orderplane/service-kit';
import { withoutQuotedValues } from './quotes.ts';

/** Codes of `errors[].extensions.code`, beside those that Apollo Server gives itself. Stable: clients branch on them. */
export type RequestErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'INVALID_INPUT'
  | 'DOCUMENT_TOO_DEEP'
  | 'DOCUMENT_TOO_COSTLY'
  | 'REQUEST_TOO_LARGE'
  | 'TOO_MANY_OPERATIONS'
  | 'RATE_LIMITED'
  | 'DOCUMENT_UNKNOWN'
  | 'DOCUMENT_NOT_ALLOWED'
  | 'SLOW_CONSUMER'
  | 'CURSOR_EXPIRED'
  | 'SERVICE_UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR';

const HTTP_STATUS: Partial<Record<RequestErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  DOCUMENT_TOO_DEEP: 400,
  DOCUMENT_TOO_COSTLY: 400,
  REQUEST_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  DOCUMENT_UNKNOWN: 400,
  DOCUMENT_NOT_ALLOWED: 403,
};

/** An error that is answered as it stands in `errors[]`; everything else is masked. `more`: what a client needs to go on. */
export function requestError(
  code: RequestErrorCode,
  message: string,
  field?: readonly string[],
  more: Readonly<Record<string, string>> = {},
): GraphQLError {
  const status = HTTP_STATUS[code];
  return new GraphQLError(message, {
    extensions: {
      ...more,
      code,
      ...(field === undefined ? {} : { field }),
      ...(status === undefined ? {} : { http: { status } }),
    },
  });
}

/** Errors of mutations: what was asked for may have been carried out before they happened. */
const ofMutations = new WeakSet<GraphQLError>();
export function noteMutationErrors(errors: readonly GraphQLError[]): void {
  for (const error of errors) ofMutations.add(error);
}

/** Says when to come again, also to clients without headers. */
export function rateLimited(retryAfterMs: number): GraphQLError {
  const seconds = Math.ceil(retryAfterMs / 1_000);
  return new GraphQLError(`too many requests: wait ${seconds} s`, {
    extensions: { code: 'RATE_LIMITED' satisfies RequestErrorCode, retryAfterMs: Math.ceil(retryAfterMs) },
  });
}

/** The wording of graphql-js; its parser gives no code. */
const TOKEN_LIMIT = /Document contains more that \d+ tokens/;
/** The wording of Apollo Server, for an automatic persisted query whose text is another one; it gives no code either. */
const OTHER_TEXT = /^provided sha does not match query$/;

/**
 * What leaves the process: errors made on purpose as they are, an unexpected one as "internal error". Its message may
 * hold anything (an address, a statement), so it goes to the log only.
 */
export function formatError(given: GraphQLFormattedError, error: unknown, log: Logger): GraphQLFormattedError {
  const formatted = { ...given, message: withoutQuotedValues(given.message) };
  const cause = unwrapResolverError(error);
  if (TOKEN_LIMIT.test(formatted.message)) return withCode(formatted, 'DOCUMENT_TOO_COSTLY');
  if (OTHER_TEXT.test(formatted.message))
    return {
      ...withCode(formatted, 'DOCUMENT_UNKNOWN'),
      message: 'sha256Hash is not the SHA-256 of the query, in hex: send the hash of exactly this text, or no hash',
    };
  if (cause instanceof InvalidCursorError)
    return { ...withCode(formatted, 'INVALID_INPUT'), message: 'not a cursor of this list' };
  if (isOurs(cause)) {
    // Apollo wraps what validation reports and gives it its own code: ours is the more exact one.
    const inner = cause.originalError instanceof GraphQLError ? cause.originalError.extensions['code'] : undefined;
    return typeof inner === 'string' ? withCode(formatted, inner) : withoutHttp(formatted);
  }
  const outage = databaseOutage(cause);
  if (outage !== null) {
    log.warn({ err: cause, path: formatted.path }, 'the database does not serve');
    // SERVICE_UNAVAILABLE promises that nothing was accepted. Of a mutation only its resolver knows that, and says so itself.
    const isOpen = error instanceof GraphQLError && ofMutations.has(error);
    const code: RequestErrorCode = isOpen ? 'INTERNAL_SERVER_ERROR' : 'SERVICE_UNAVAILABLE';
    const todo = isOpen ? 'what was asked for may have been carried out, read it before you repeat it' : 'try again';
    return {
      message: `the database can't answer right now (${outage.reason}): ${todo}`,
      ...(formatted.path === undefined ? {} : { path: formatted.path }),
      extensions: { code },
    };
  }
  log.error({ err: cause, path: formatted.path }, 'a resolver failed');
  return {
    message: 'internal error',
    ...(formatted.path === undefined ? {} : { path: formatted.path }),
    extensions: { code: 'INTERNAL_SERVER_ERROR' satisfies RequestErrorCode },
  };
}

/** Over a transport that is not Apollo Server's. */
export function formatWithCode(error: GraphQLError, log: Logger): GraphQLFormattedError {
  const coded = withDocumentCode(error);
  return formatError(coded.toJSON(), coded, log);
}

/**
 * What is wrong with a document or its variables, with the code that Apollo Server gives it over HTTP: graphql-js gives
 * none. One that has a code keeps it.
 */
function withDocumentCode(error: GraphQLError): GraphQLError {
  if (error.extensions['code'] !== undefined || error.path !== undefined || !isOurs(error)) return error;
  const { message, nodes, source, positions } = error;
  const isOfVariables =
    nodes?.length === 1 && nodes[0]?.kind === Kind.VARIABLE_DEFINITION && /^Variable "\$/.test(message);
  const code = message.startsWith('Syntax Error')
    ? 'GRAPHQL_PARSE_FAILED'
    : isOfVariables && / got | was not provided| must not be null/.test(message)
      ? 'BAD_USER_INPUT'
      : 'GRAPHQL_VALIDATION_FAILED';
  return new GraphQLError(message, nodes, source, positions, null, error.originalError, { code });
}

/** Made on purpose: no foreign error hides inside (graphql-js and graphql-ws wrap those and keep their messages). */
const isOurs = (cause: unknown): cause is GraphQLError =>
  cause instanceof GraphQLError && (cause.originalError === undefined || isOurs(cause.originalError));

const withCode = (formatted: GraphQLFormattedError, code: RequestErrorCode | (string & {})): GraphQLFormattedError => ({
  ...withoutHttp(formatted),
  extensions: { ...withoutHttp(formatted).extensions, code },
});

function withoutHttp(formatted: GraphQLFormattedError): GraphQLFormattedError {
  if (formatted.extensions?.['http'] === undefined) return formatted;
  const { http: _http, ...extensions } = formatted.extensions;
  return { ...formatted, extensions };
}
