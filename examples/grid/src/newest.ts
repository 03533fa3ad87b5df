/**
 * The item of the highest number, where `read` knows 0, 1 … n without gaps and gives null from there on; null when there
 * is none. Doubles, then halves: 2 log₂ n reads.
 */
export async function newest<Item>(read: (round: number) => Promise<Item | null>): Promise<Item | null> {
  let item = await read(0);
  if (item === null) return null;
  let known = 0;
  let missing = 1;
  for (;;) {
    const further = await read(missing);
    if (further === null) break;
    item = further;
    known = missing;
    missing = missing * 2 + 1;
  }
  while (missing - known > 1) {
    const middle = Math.floor((known + missing) / 2);
    const found = await read(middle);
    if (found === null) missing = middle;
    else {
      item = found;
      known = middle;
    }
  }
  return item;
}
