/** Accounts that one process remembers something of. */
export const MAX_ACCOUNTS = 10_000;

/** Remembers the newest: past `most` entries the one that was put longest ago goes. */
export function putNewest<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
