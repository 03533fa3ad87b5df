import { execute } from 'graphql';
import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { databaseOutage } from '@orderplane/store';
import type { Principal } from '@orderplane/store';
import type { KnownDocument } from './documents.ts';

/** Operations of one audience get the same answer to the same message: same selection, same caller. */
export type Audience = string;

export function audienceOf(
  { number, selecting }: KnownDocument,
  operationName: string | null,
  variables: Readonly<Record<string, unknown>>,
  { userId, role }: Principal,
): Audience {
  return JSON.stringify([number, operationName, selecting.map((name) => variables[name] ?? null), userId, role]);
}

/** What a source stream yields: the message, under the name of the root field. */
export type Payload = Readonly<Record<string, unknown>>;
type Text = string | Promise<string>;

/**
 * Answers to the messages of subscriptions, as JSON. Each is executed and written once for all operations of one audience
 * that get the same message (the same object), and lives as long as its message.
 */
export class SharedAnswers {
  readonly #known = new WeakMap<object, Map<Audience, Text>>();
  readonly #format: (result: ExecutionResult) => unknown;

  constructor(format: (result: ExecutionResult) => unknown) {
    this.#format = format;
  }

  /** Rejects, or throws, with what the database said where it was away: then nothing can be told truly. */
  of(args: ExecutionArgs, audience: Audience, payload: Payload): Text {
    const [message] = Object.values(payload);
    if (typeof message !== 'object' || message === null) return this.#answer(args, payload, ignore);
    let texts = this.#known.get(message);
    if (texts === undefined) this.#known.set(message, (texts = new Map<Audience, Text>()));
    const known = texts.get(audience);
    if (known !== undefined) return known;
    // An answer with errors is not for others: theirs may succeed.
    const text = this.#answer(args, payload, (final) =>
      final === null ? texts.delete(audience) : texts.set(audience, final),
    );
    if (typeof text !== 'string') texts.set(audience, text);
    return text;
  }

  #answer(args: ExecutionArgs, payload: Payload, keep: (text: string | null) => void): Text {
    const write = (result: ExecutionResult): string => {
      throwOutage(result);
      const text = JSON.stringify(this.#format(result));
      keep(result.errors === undefined ? text : null);
      return text;
    };
    const result = execute({ ...args, rootValue: payload });
    if (!(result instanceof Promise)) return write(result);
    return result.then(write).catch((cause: unknown) => {
      keep(null);
      throw cause;
    });
  }
}

const ignore = (): void => undefined;

/**
 * A message that could not be completed because the database is away must not pass as told: the stream ends instead, and
 * the client resumes before it.
 */
function throwOutage({ errors = [] }: ExecutionResult): void {
  for (const { originalError } of errors)
    if (originalError && databaseOutage(originalError) !== null) throw originalError;
}
