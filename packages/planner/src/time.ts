/** Instants are RFC 3339 UTC strings with milliseconds; arithmetic is on epoch milliseconds. No clock is read here. */
export const toMs = (instant: string): number => Date.parse(instant);
export const toInstant = (ms: number): string => new Date(ms).toISOString();
export const plusMs = (instant: string, ms: number): string => toInstant(toMs(instant) + ms);
export const earliest = (...instants: readonly (string | null)[]): string | null => {
  let found: string | null = null;
  for (const instant of instants)
    if (instant !== null && (found === null || toMs(instant) < toMs(found))) found = instant;
  return found;
};
