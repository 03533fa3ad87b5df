import type { UserError } from '@orderplane/domain';
import type { Identity } from '@orderplane/store';
import { isId } from '../access/roles.ts';
import { InstantSchema } from '../orders/values.ts';
import type { CreateApiTokenInput, CreateUserInput, IdentityInput } from '../schema/types.generated.ts';

/** No control characters, nor those that turn what follows around (Unicode UAX #9): it is printed in lists and logs. */
const TEXT = /^[^\p{Cc}\p{Cs}\p{Bidi_Control}]*$/u;
const MAX_NAME = 64;
/** RFC 7519 sets no bound; OpenID Connect Core 1.0 (2): sub has 255 ASCII characters at most. */
const MAX_SUBJECT = 255;
const MAX_ISSUER = 500;

export const wrong = (code: UserError['code'], message: string, field: readonly string[] | null): UserError => ({
  code,
  message,
  field: field === null ? null : [...field],
});

const textProblem = (text: string, most: number): string | null =>
  text !== '' && text.length <= most && TEXT.test(text)
    ? null
    : `must have 1 to ${most} characters and no control characters`;

export function identityProblems({ issuer, subject }: IdentityInput, path: readonly string[]): readonly UserError[] {
  const problems = [
    ['issuer', textProblem(issuer, MAX_ISSUER)],
    ['subject', textProblem(subject, MAX_SUBJECT)],
  ] as const;
  return problems.flatMap(([field, problem]) =>
    problem === null ? [] : [wrong('INVALID_INPUT', `${field}: ${problem}`, [...path, field])],
  );
}

export interface NewUser {
  readonly name: string;
  readonly identity: Identity | null;
}

export function parseNewUser(input: CreateUserInput): NewUser | readonly UserError[] {
  const name = input.name.trim();
  const identity = input.identity ?? null;
  const problem = textProblem(name, MAX_NAME);
  const problems = [
    ...(problem === null ? [] : [wrong('INVALID_INPUT', `name: ${problem}`, ['input', 'name'])]),
    ...(identity === null ? [] : identityProblems(identity, ['input', 'identity'])),
  ];
  return problems.length > 0 ? problems : { name, identity };
}

export interface NewToken {
  readonly userId: string;
  readonly label: string;
  readonly expiresAt: string | null;
}

export function parseNewToken(input: CreateApiTokenInput, nowMs: number): NewToken | readonly UserError[] {
  const problems: UserError[] = [];
  const label = (input.label ?? '').trim();
  if (!isId(input.userId)) problems.push(wrong('INVALID_INPUT', 'userId: is not an id', ['input', 'userId']));
  if (label !== '' && textProblem(label, MAX_NAME) !== null)
    problems.push(
      wrong('INVALID_INPUT', `label: must have at most ${MAX_NAME} characters and no control characters`, [
        'input',
        'label',
      ]),
    );
  const expiry = typeof input.expiresAt === 'string' ? InstantSchema.safeParse(input.expiresAt) : null;
  if (expiry?.success === false)
    problems.push(
      wrong('INVALID_INPUT', `expiresAt: ${expiry.error.issues[0]?.message ?? 'is not an instant'}`, [
        'input',
        'expiresAt',
      ]),
    );
  const expiresAt = expiry?.data ?? null;
  if (expiresAt !== null && Date.parse(expiresAt) <= nowMs)
    problems.push(wrong('INVALID_INPUT', 'expiresAt: must be in the future', ['input', 'expiresAt']));
  return problems.length > 0 ? problems : { userId: input.userId, label, expiresAt };
}
