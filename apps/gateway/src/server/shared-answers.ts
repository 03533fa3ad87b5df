import { createSourceEventStream, execute } from 'graphql';
import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { databaseOutage } from '@orderplane/store';
import type { Principal } from '@orderplane/store';
import type { KnownDocument } from './documents.ts';
import { Turn } from './turn.ts';

/** Operations of one audience get the same answer to the same message: same selection, same caller. */
export type Audience = string;

export function audienceOf(
  { number, selecting }: KnownDocument,
  operationName: string | null,
  variables: Readonly<Record<string, unknown>>,
  { tokenId: _token, ...caller }: Principal,
): Audience {
  return JSON.stringify([number, operationName, selecting.map((name) => variables[name] ?? null), caller]);
}

/** What a source stream yields: the message, under the name of the root field. */
type Payload = Readonly<Record<string, unknown>>;
type Answer = ExecutionResult | Promise<ExecutionResult>;

/**
 * Executes a subscription's selection once for all operations of one audience that get the same message (the same
 * object), instead of once for each. The answers live as long as their message.
 */
export class SharedAnswers {
  readonly #answers = new WeakMap<object, Map<Audience, Answer>>();
  readonly #turn = new Turn();

  /** As graphql-js' `subscribe`. */
  async subscribe(
    args: ExecutionArgs,
    audience: Audience,
  ): Promise<AsyncIterableIterator<ExecutionResult, void> | ExecutionResult> {
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) return source;
    const payloads = (source as AsyncIterable<Payload>)[Symbol.asyncIterator]();
    const answered = async ({
      done,
      value,
    }: IteratorResult<Payload, void>): Promise<IteratorResult<ExecutionResult, void>> => {
      if (done === true) return { done, value: undefined };
      // Everybody else, and all other work of this process, gets its turn.
      if (this.#turn.isOver) await this.#turn.next();
      const known = this.#answer(args, value, audience);
      const result = known instanceof Promise ? await known : known;
      try {
        throwOutage(result);
      } catch (cause) {
        await payloads.return?.();
        throw cause;
      }
      return { done: false, value: result };
    };
    const answers: AsyncIterableIterator<ExecutionResult, void> = {
      next: async () => answered(await payloads.next()),
      return: async () => answered((await payloads.return?.()) ?? { done: true, value: undefined }),
      throw: async (error: unknown) => answered((await payloads.throw?.(error)) ?? { done: true, value: undefined }),
      [Symbol.asyncIterator]() {
        return answers;
      },
    };
    return answers;
  }

  #answer(args: ExecutionArgs, payload: Payload, audience: Audience): Answer {
    const run = (): Answer => execute({ ...args, rootValue: payload }) as Answer;
    const [message] = Object.values(payload);
    if (typeof message !== 'object' || message === null) return run();
    let known = this.#answers.get(message);
    if (known === undefined) this.#answers.set(message, (known = new Map()));
    const given = known.get(audience);
    if (given !== undefined) return given;
    const answer = run();
    known.set(audience, answer);
    if (answer instanceof Promise) answer.then((result) => settled(known, audience, result), ignore);
    else settled(known, audience, answer);
    return answer;
  }
}

const ignore = (): void => undefined;

/** An answer with errors is not for others: theirs may succeed. */
function settled(known: Map<Audience, Answer>, audience: Audience, result: ExecutionResult): void {
  if (result.errors === undefined) known.set(audience, result);
  else known.delete(audience);
}

/**
 * A message that could not be completed because the database is away must not pass as told: the stream ends instead, and
 * the client resumes before it.
 */
function throwOutage({ errors = [] }: ExecutionResult): void {
  for (const { originalError } of errors)
    if (originalError && databaseOutage(originalError) !== null) throw originalError;
}
