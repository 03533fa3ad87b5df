import { requestError } from '../server/errors.ts';

/** PostgreSQL: "The character with the code zero cannot be in a string constant", nor in a parameter (manual, 4.1.2.2). */
const NUL = '\u0000';

/** A text with U+0000 is in no list and names nothing: no read takes it further, whichever argument it is in. */
export function refuseUnstorable(args: Readonly<Record<string, unknown>>): void {
  const path = pathOfNul(args);
  if (path !== null)
    throw requestError('INVALID_INPUT', `${path.join('.')}: has a character U+0000, which no text here has`, path);
}

function pathOfNul(value: unknown): readonly string[] | null {
  if (typeof value === 'string') return value.includes(NUL) ? [] : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, inner] of Object.entries(value)) {
    const below = pathOfNul(inner);
    if (below !== null) return [name, ...below];
  }
  return null;
}
