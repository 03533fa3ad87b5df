/** What PostgreSQL refuses inside JSON and text: NUL characters and lone surrogates, in JSON.stringify's own spelling. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/i;

/** `text` without the characters that PostgreSQL cannot store; exchanges' error texts are the only known source of them. */
export const storableText = (text: string): string => text.replaceAll('\u0000', '\ufffd').toWellFormed();

/**
 * JSON text that PostgreSQL accepts. Without this one NUL character in an exchange's message would make every later
 * write of its order fail. Machine snapshot and journal are cleaned alike, so that the replay still equals the snapshot.
 */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (!UNSTORABLE.test(text)) return text;
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? storableText(part) : part));
}
