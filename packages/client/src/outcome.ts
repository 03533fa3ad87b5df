import type { Told } from './caller.ts';
import type { ErrorCode, UserErrorFieldsFragment } from './operations.generated.ts';

export type UserError = UserErrorFieldsFragment;
export type { ErrorCode };

/** Refused for an expected reason: each with a stable `code`, the input `field`, and a message that says what to do. */
export interface Refused {
  readonly ok: false;
  readonly userErrors: readonly [UserError, ...UserError[]];
  /**
   * True: nobody can tell whether an earlier try of this call was, or still will be, carried out (its answer was lost, or
   * was TIMEOUT until the deadline). Repeat the call, or read what has become of it, before you do something else.
   */
  readonly inDoubt: boolean;
}

/** What a mutation came to: narrow it by `ok`. */
export type Outcome<Answer> = ({ readonly ok: true } & Answer) | Refused;

interface Payload {
  readonly userErrors: readonly UserError[];
}

/** Of an answer without `userErrors` what `pick` takes. */
export function outcomeOf<P extends Payload, Answer extends object>(
  { result, isAfterDoubt }: Told<P>,
  pick: (payload: P) => Answer | null,
): Outcome<Answer> {
  const [first, ...rest] = result.userErrors;
  if (first !== undefined)
    return { ok: false, userErrors: [first, ...rest], inDoubt: isAfterDoubt || isTimeout(result) };
  const answer = pick(result);
  return answer === null ? nothingTold : { ok: true, ...answer };
}

/** Accepted, and the answer does not hold it: what the service does not do, and must not be taken for success. */
const nothingTold: Refused = {
  ok: false,
  userErrors: [{ code: 'TIMEOUT', message: 'the answer tells neither a result nor an error', field: null }],
  inDoubt: true,
};

/** "Nobody knows whether it was carried out": the one code that asks for a repeat. */
export const isTimeout = ({ userErrors }: Payload): boolean => userErrors.some(({ code }) => code === 'TIMEOUT');
