import { closeSync, copyFileSync, ftruncateSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { fstatSync } from 'node:fs';
import { join } from 'node:path';

const MAX_BYTES = 10_000_000;
const SWEEP_MS = 10_000;
const TAIL_BYTES = 8_192;

/**
 * One log file per process, written by the process itself: costs this program nothing and outlives it. Bounded: past
 * 10 MB the content moves to NAME.log.1 and the file starts anew, so a process keeps at most two of them.
 */
export class LogFiles {
  readonly #directory: string;
  readonly #names = new Set<string>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(directory: string) {
    this.#directory = directory;
    this.#sweeper = setInterval(() => this.#names.forEach((name) => this.#bound(name)), SWEEP_MS);
    this.#sweeper.unref();
  }

  path(name: string): string {
    return join(this.#directory, `${name}.log`);
  }

  /** A descriptor for the process's output; close it after the spawn. */
  open(name: string): number {
    this.#names.add(name);
    this.#bound(name);
    return openSync(this.path(name), 'a', 0o600);
  }

  close(): void {
    clearInterval(this.#sweeper);
  }

  /** The last lines, for a person: JSON log lines as their message and error. */
  tail(name: string, lines = 8): readonly string[] {
    try {
      const file = openSync(this.path(name), 'r');
      try {
        const { size } = fstatSync(file);
        const length = Math.min(size, TAIL_BYTES);
        const buffer = Buffer.alloc(length);
        readSync(file, buffer, 0, length, size - length);
        const text = buffer.toString('utf8').split('\n');
        return text
          .filter((line) => line.trim() !== '')
          .slice(-lines)
          .map(readable);
      } finally {
        closeSync(file);
      }
    } catch {
      return [];
    }
  }

  #bound(name: string): void {
    const path = this.path(name);
    try {
      if (statSync(path).size < MAX_BYTES) return;
      copyFileSync(path, `${path}.1`);
      // Truncated in place: the process writes on in append mode through the descriptor it has.
      const file = openSync(path, 'r+');
      ftruncateSync(file, 0);
      closeSync(file);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOSPC') throw cause;
    }
  }
}

function readable(line: string): string {
  try {
    const entry = JSON.parse(line) as { level?: string; msg?: string; err?: { message?: string } };
    if (entry.msg === undefined) return line.slice(0, 300);
    const error = entry.err?.message === undefined ? '' : `: ${entry.err.message}`;
    return `${entry.level ?? ''} ${entry.msg}${error}`.slice(0, 600);
  } catch {
    return line.slice(0, 300);
  }
}

/** Whole text of a log, for tests and reports. */
export const readLog = (logs: LogFiles, name: string): string => readFileSync(logs.path(name), 'utf8');
