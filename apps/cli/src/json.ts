import { canonicalDecimal } from '@orderplane/domain';

/** JSON.parse hands its reviver the source text of numbers; TypeScript's own library does not know it yet. */
type SourceReviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: SourceReviver) => unknown;

/** True when the double is the number that was written, and can be seen to be: above 2⁵³ integers share their doubles. */
function isExact(value: number, source: string): boolean {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return false;
  try {
    return canonicalDecimal(value) === canonicalDecimal(source);
  } catch {
    return false;
  }
}

/**
 * JSON as exchanges write it, without loss: a number that a double can't hold (an id above 2⁵³, a decimal with more
 * than 17 digits) stays the text it was. Throws SyntaxError.
 */
export const parseExactJson = (line: string): unknown =>
  parseWithSource(line, (_key, value, context) => {
    if (typeof value !== 'number' || context?.source === undefined) return value;
    return isExact(value, context.source) ? value : context.source;
  });
