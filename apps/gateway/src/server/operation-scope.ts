import { isTracing, traced, withLogScope } from '@orderplane/service-kit';
import { execute, getOperationAST, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { describe } from './operation-metrics.ts';
import { usableRequestId } from './request-scope.ts';

/** Of one operation over a WebSocket: what the headers `x-request-id` and `traceparent` are to an HTTP request. */
export interface OperationScope {
  readonly requestId: string;
  /** The caller has named it, and finds it in the answer. */
  readonly isNamed: boolean;
  /** The caller's own trace; null: it named none. */
  readonly traceparent: string | null;
}

export interface ScopedArgs extends ExecutionArgs {
  readonly scope: OperationScope;
}

/** From the `extensions` of the message that subscribes, `{"requestId", "traceparent"}`. */
export function scopeOf(
  extensions: Readonly<Record<string, unknown>> | null | undefined,
  newId: () => string,
): OperationScope {
  const traceparent = extensions?.['traceparent'];
  const named = usableRequestId(extensions?.['requestId']);
  return {
    requestId: named ?? newId(),
    isNamed: named !== null,
    traceparent: typeof traceparent === 'string' ? traceparent : null,
  };
}

/** Runs it with the id on every line that is logged meanwhile and, while somebody traces, as a span. */
export function inScope<T>({ scope, document, operationName }: ScopedArgs, work: () => T | Promise<T>): T | Promise<T> {
  const { requestId, traceparent: parent } = scope;
  return withLogScope({ requestId }, () => {
    if (!isTracing()) return work();
    const { operation, field } = describe(getOperationAST(document, operationName) ?? undefined);
    const facts = { 'orderplane.request_id': requestId, 'graphql.operation.type': operation };
    return traced(
      `${operation} ${field}`,
      facts,
      async (span) => {
        const result = await work();
        const code = failureOf(result);
        if (code !== null) span.fail(code);
        return result;
      },
      { kind: 'server', parent },
    );
  });
}

function failureOf(result: unknown): string | null {
  if (typeof result !== 'object' || result === null || !('errors' in result) || !Array.isArray(result.errors))
    return null;
  const [first] = (result as ExecutionResult).errors ?? [];
  const code = first?.extensions['code'];
  return first === undefined ? null : typeof code === 'string' ? code : 'error';
}

export const executeInScope = (args: ScopedArgs): ExecutionResult | Promise<ExecutionResult> =>
  inScope(args, () => execute(args));
