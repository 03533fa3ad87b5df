/** A line, or the fact that it was too long to keep. */
export type Line = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'tooLong' };

const NEWLINE = 0x0a;

/**
 * Splits bytes into lines without ever holding more than `limitBytes` of one. The last line needs no newline.
 * Bytes, not characters, so that a character cut by a chunk's end is not lost.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array | string>,
  limitBytes: number,
): AsyncGenerator<Line, void, undefined> {
  let parts: Buffer[] = [];
  let length = 0;
  const take = (): Line => {
    const line: Line =
      length > limitBytes
        ? { kind: 'tooLong' }
        : { kind: 'text', text: Buffer.concat(parts).toString('utf8').replace(/\r$/, '') };
    parts = [];
    length = 0;
    return line;
  };
  const keep = (part: Buffer): void => {
    length += part.length;
    if (length <= limitBytes) parts.push(part);
    else parts = [];
  };
  for await (const chunk of chunks) {
    let rest = Buffer.from(chunk as Uint8Array);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      keep(rest.subarray(0, end));
      yield take();
      rest = rest.subarray(end + 1);
    }
    keep(rest);
  }
  if (length > 0) yield take();
}
