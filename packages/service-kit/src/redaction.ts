/** Secrets leave no process (logs, errors, readiness answers): by the key's name in objects, by pattern in text. */

const SECRET_KEYS =
  /^(.*secret.*|api[-_]?key|.*authorization|.*passphrase|.*token|.*password|.*signature|sign|.*credentials|.*(?:master|data)[-_]?key|private[-_]?key|cookie|set-cookie)$/i;
/** Fields that hold counts or names although their key ends in a word above. */
const HARMLESS_KEYS = /^(tokenId|cancellationToken)$/;

export const REDACTED = '[redacted]';
const MAX_DEPTH = 6;
const MAX_ITEMS = 100;

const isSecretKey = (key: string): boolean => SECRET_KEYS.test(key) && !HARMLESS_KEYS.test(key);

/** Passwords in URLs, secrets in query strings and JSON text, bearer tokens. */
export function redactText(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi, `$1:${REDACTED}@`)
    .replace(
      /\b(signature|api[-_]?key|apiSecret|secret|password|passphrase|token|listenKey)=([^&\s"']+)/gi,
      `$1=${REDACTED}`,
    )
    .replace(
      /("(?:signature|api[-_]?key|apiSecret|secret|password|passphrase|token|authorization|X-MBX-APIKEY|API-Key|API-Sign)"\s*:\s*")[^"]*"/gi,
      `$1${REDACTED}"`,
    )
    .replace(/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/g, `$1 ${REDACTED}`);
}

/** A copy without secrets, at most six levels deep and a hundred items wide. Errors keep name, message, stack, code and cause. */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value.toISOString();
  if (depth >= MAX_DEPTH) return '[deep]';
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redactValue(item, depth + 1));
  return redactFields(value, depth);
}

function redactFields(value: object, depth: number): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value).slice(0, MAX_ITEMS)) {
    safe[key] = isSecretKey(key) && item !== undefined && item !== null ? REDACTED : redactValue(item, depth + 1);
  }
  return safe;
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const fields = redactFields(error, depth);
  return {
    ...fields,
    type: error.name,
    message: redactText(error.message),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, depth + 1) }),
  };
}
