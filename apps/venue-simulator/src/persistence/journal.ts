import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { JournalLine } from './codec.ts';

/** Compaction starts when a journal outgrows both this and the last snapshot. */
export const COMPACT_BYTES = 32 * 1024 * 1024;

/** The files could not be read back. Nothing has been changed on disk. */
export class JournalDamagedError extends Error {
  constructor(file: string, line: number, cause: unknown) {
    super(`${file}, line ${line}, is damaged. Move the file away to start without it`, { cause });
    this.name = 'JournalDamagedError';
  }
}

/**
 * An append-only file of lines, and from time to time a snapshot that makes the older lines superfluous.
 *
 * Generation n is `snapshot-n` (missing for 0) plus `journal-n`. A compaction opens `journal-(n+1)` first, then writes
 * `snapshot-(n+1)` in slices while the exchange goes on, then deletes generation n. A slice may already hold later
 * changes; their lines in `journal-(n+1)` set the same values again, so the end is right. A crash in between leaves
 * `snapshot-n, journal-n, journal-(n+1)`, which are read in this order.
 *
 * `append` hands the bytes to the operating system before it returns: they survive the death of this process.
 */
export class Journal {
  readonly #directory: string;
  readonly #compactBytes: number;
  #generation = 0;
  #file = -1;
  #bytes = 0;
  #snapshotBytes = 0;
  #compaction: Promise<void> | null = null;

  constructor(directory: string, compactBytes = COMPACT_BYTES) {
    this.#directory = directory;
    this.#compactBytes = compactBytes;
    mkdirSync(directory, { recursive: true });
  }

  /** Reads everything back, then opens the journal for appending. A torn last line (never answered for) is dropped. */
  open(apply: (line: JournalLine) => void): void {
    const names = readdirSync(this.#directory);
    const numbers = (kind: string): number[] =>
      names
        .map((name) => new RegExp(`^${kind}-(\\d+)\\.ndjson$`).exec(name)?.[1])
        .filter((found) => found !== undefined)
        .map(Number)
        .sort((a, b) => a - b);
    const base = numbers('snapshot').at(-1) ?? 0;
    if (base > 0) this.#snapshotBytes = this.#read(this.#path('snapshot', base), apply);
    const journals = numbers('journal').filter((generation) => generation >= base);
    for (const generation of journals) this.#bytes = this.#read(this.#path('journal', generation), apply);
    this.#generation = Math.max(base, journals.at(-1) ?? 0);
    this.#file = openSync(this.#path('journal', this.#generation), 'a');
    this.#removeOlderThan(base);
  }

  append(text: string): void {
    this.#bytes += writeWhole(this.#file, Buffer.from(text, 'utf8'));
  }

  get wantsCompaction(): boolean {
    return this.#compaction === null && this.#bytes > Math.max(this.#compactBytes, this.#snapshotBytes);
  }

  /** `slices` gives the whole state, a bounded piece at a time; the caller's event loop runs between pieces. */
  compact(slices: Iterator<string>): Promise<void> {
    this.#compaction ??= this.#compact(slices).finally(() => {
      this.#compaction = null;
    });
    return this.#compaction;
  }

  close(): void {
    if (this.#file >= 0) closeSync(this.#file);
    this.#file = -1;
  }

  async #compact(slices: Iterator<string>): Promise<void> {
    const next = this.#generation + 1;
    const file = openSync(this.#path('journal', next), 'a');
    closeSync(this.#file);
    this.#file = file;
    this.#generation = next;
    this.#bytes = 0;
    const draft = `${this.#path('snapshot', next)}.tmp`;
    const snapshot = openSync(draft, 'w');
    let size = 0;
    for (let slice = slices.next(); slice.done !== true; slice = slices.next()) {
      size += writeWhole(snapshot, Buffer.from(slice.value, 'utf8'));
      await new Promise(setImmediate);
      if (this.#file < 0) break;
    }
    closeSync(snapshot);
    if (this.#file < 0) return;
    renameSync(draft, this.#path('snapshot', next));
    this.#snapshotBytes = size;
    this.#removeOlderThan(next);
  }

  #path(kind: 'journal' | 'snapshot', generation: number): string {
    return join(this.#directory, `${kind}-${generation}.ndjson`);
  }

  #removeOlderThan(generation: number): void {
    for (const name of readdirSync(this.#directory)) {
      const found = /^(?:journal|snapshot)-(\d+)\.ndjson(\.tmp)?$/.exec(name);
      if (found === null) continue;
      if (Number(found[1]) < generation || found[2] !== undefined) rmSync(join(this.#directory, name));
    }
  }

  #read(path: string, apply: (line: JournalLine) => void): number {
    const bytes = readFileSync(path);
    let start = 0;
    for (let line = 1; start < bytes.length; line += 1) {
      const end = bytes.indexOf(10, start);
      if (end < 0) {
        truncateTo(path, bytes.subarray(0, start));
        return start;
      }
      try {
        apply(JournalLine.parse(JSON.parse(bytes.toString('utf8', start, end))));
      } catch (cause) {
        throw new JournalDamagedError(path, line, cause);
      }
      start = end + 1;
    }
    return bytes.length;
  }
}

/** Writes may be short: goes on until all is handed over. Gives the number of bytes. */
function writeWhole(file: number, bytes: Buffer): number {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
  return written;
}

/** Cuts a torn last line off, so that the next append starts on a line of its own. */
function truncateTo(path: string, bytes: Buffer): void {
  const draft = `${path}.cut`;
  const file = openSync(draft, 'w');
  writeWhole(file, bytes);
  closeSync(file);
  renameSync(draft, path);
}
