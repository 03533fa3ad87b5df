import { z } from 'zod';
import type { Connection } from './connection.ts';
import { CommandFailure, EXIT, messageOf } from './failure.ts';

/** No answer within this time is a failure, ms. */
const TIMEOUT_MS = 15_000;

const AnswerSchema = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.object({ code: z.string().optional() }).optional() }))
    .optional(),
});

const REFUSAL_CODES: readonly (string | undefined)[] = ['UNAUTHENTICATED', 'FORBIDDEN'];

async function post(connection: Connection, body: string, timeoutMs: number): Promise<Response> {
  try {
    return await fetch(connection.http, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${connection.token}` },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new CommandFailure(`${connection.http} can't be reached: ${messageOf(cause)}`, EXIT.unreachable, error);
  }
}

async function parseAnswer(connection: Connection, response: Response): Promise<z.infer<typeof AnswerSchema>> {
  try {
    return AnswerSchema.parse(await response.json());
  } catch (error) {
    if (response.status === 401 || response.status === 403) {
      throw new CommandFailure('the token is refused', EXIT.refused, error);
    }
    throw new CommandFailure(`${connection.http} answered ${response.status} without GraphQL`, EXIT.unreachable, error);
  }
}

/** One query; its data as `schema` reads it. Throws CommandFailure. */
export async function query<Schema extends z.ZodType>(
  connection: Connection,
  schema: Schema,
  document: string,
  variables: Readonly<Record<string, unknown>> = {},
  timeoutMs: number = TIMEOUT_MS,
): Promise<z.infer<Schema>> {
  const response = await post(connection, JSON.stringify({ query: document, variables }), timeoutMs);
  const answer = await parseAnswer(connection, response);
  const errors = answer.errors ?? [];
  if (errors.length > 0 || response.status === 401) {
    const refused = response.status === 401 || errors.some((error) => REFUSAL_CODES.includes(error.extensions?.code));
    const message = errors.map((error) => error.message).join('; ') || 'the token is refused';
    throw new CommandFailure(message, refused ? EXIT.refused : EXIT.failed);
  }
  const data = schema.safeParse(answer.data);
  if (data.success) return data.data;
  throw new CommandFailure(`${connection.http} answered in an unexpected form: ${data.error.message}`, EXIT.failed);
}
