import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { NormalizationError, normalize } from '@orderplane/normalization';
import type { NormalizedPayload } from '@orderplane/normalization';
import { z } from 'zod';
import { messageOf } from '../failure.ts';
import { parseExactJson } from '../json.ts';
import { readLines } from '../lines.ts';
import type { Line } from '../lines.ts';

/** Longest line, bytes: the largest history page of any exchange is a quarter of it. */
export const LONGEST_LINE_BYTES = 4 * 1024 * 1024;

const RequestSchema = z.object({
  exchange: z.string(),
  transport: z.enum(['rest', 'ws']).default('rest'),
  method: z.string().default(''),
  payload: z.unknown(),
});

interface LineError {
  readonly code: string;
  readonly message: string;
  readonly nativeCode?: string;
}
export type NormalizeAnswer =
  | ({ readonly ok: true } & Partial<NormalizedPayload> & { readonly order?: NormalizedPayload['orders'][number] })
  | ({ readonly ok: false; readonly error: LineError } & Partial<NormalizedPayload>);

/** One order is `order`; anything else is `orders`. Fills are named when there are any. */
function answerOf({ orders, fills }: NormalizedPayload): NormalizeAnswer {
  const executions = fills.length > 0 ? { fills } : {};
  const [only] = orders;
  if (only !== undefined && orders.length === 1) return { ok: true, order: only, ...executions };
  return { ok: true, orders, ...executions };
}

const failed = (code: string, message: string): NormalizeAnswer => ({ ok: false, error: { code, message } });

/** A refusal may come with what is known all the same: orders of the same answer that were read. */
function failureOf(error: NormalizationError): NormalizeAnswer {
  const native = error.nativeCode === null ? {} : { nativeCode: error.nativeCode };
  return {
    ok: false,
    error: { code: error.code, message: error.message, ...native },
    ...(error.evidence === null ? {} : { orders: error.evidence.orders, fills: error.evidence.fills }),
  };
}

/** The answer to one line of input. Never throws. */
export function normalizeLine(line: Line): NormalizeAnswer {
  if (line.kind === 'tooLong') return failed('LINE_TOO_LONG', `the line has more than ${LONGEST_LINE_BYTES} bytes`);
  let input: unknown;
  try {
    input = parseExactJson(line.text);
  } catch (error) {
    return failed('BAD_JSON', `not JSON: ${messageOf(error)}`.slice(0, 200));
  }
  const request = RequestSchema.safeParse(input);
  if (!request.success) {
    const [issue] = request.error.issues;
    return failed('BAD_REQUEST', `${issue?.path.join('.') || 'line'}: ${issue?.message ?? 'not a request'}`);
  }
  const { exchange, transport, method, payload } = request.data;
  if (payload === undefined) return failed('BAD_REQUEST', 'payload: missing');
  try {
    return answerOf(normalize({ exchange, transport, method, payload }));
  } catch (error) {
    return error instanceof NormalizationError
      ? failureOf(error)
      : failed('UNREADABLE', messageOf(error).slice(0, 300));
  }
}

/** One line of output for every line of input, in order, as they come; waits while the reader is slow. */
export async function normalizeCommand(input: AsyncIterable<Uint8Array | string>, output: Writable): Promise<number> {
  for await (const line of readLines(input, LONGEST_LINE_BYTES)) {
    if (!output.write(`${JSON.stringify(normalizeLine(line))}\n`)) await once(output, 'drain');
  }
  return 0;
}
