import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readLines } from './lines.ts';
import type { Line } from './lines.ts';

async function* inChunks(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function collect(source: AsyncIterable<Uint8Array | string>, limit: number): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of readLines(source, limit)) lines.push(line);
  return lines;
}

it('gives the same lines however the bytes are cut', async () => {
  const word = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !/[\r\n]/.test(text));
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 6 }), sizes, async (words, chunkSizes) => {
      const bytes = Buffer.from(words.map((text) => `${text}\n`).join(''));
      const lines = await collect(inChunks(bytes, chunkSizes), 1000);
      expect(lines).toEqual(words.map((text) => ({ kind: 'text', text })));
    }),
  );
});

it('needs no newline at the end, and takes Windows ones', async () => {
  expect(await collect(inChunks(Buffer.from('a\r\n\nb'), [3]), 10)).toEqual([
    { kind: 'text', text: 'a' },
    { kind: 'text', text: '' },
    { kind: 'text', text: 'b' },
  ]);
  expect(await collect(inChunks(Buffer.from(''), [3]), 10)).toEqual([]);
});

it('drops what is too long and goes on with the next line', async () => {
  const bytes = Buffer.from(`${'x'.repeat(5000)}\nshort\n${'y'.repeat(11)}`);
  expect(await collect(inChunks(bytes, [7]), 10)).toEqual([
    { kind: 'tooLong' },
    { kind: 'text', text: 'short' },
    { kind: 'tooLong' },
  ]);
});
