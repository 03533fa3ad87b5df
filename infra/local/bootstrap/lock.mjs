import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const POLL_MS = 300;

/**
 * Runs `work` while holding the lock file: two commands started at once in one checkout do not trample each other. A lock
 * whose holder is dead is taken over.
 * @template T
 * @param {string} path
 * @param {(holder: number) => void} onWait called once when another process holds it
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, onWait, work) {
  mkdirSync(dirname(path), { recursive: true });
  for (let told = false; !tryLock(path);) {
    const holder = holderOf(path);
    if (holder === null) continue;
    if (!told) onWait(holder);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** @param {string} path */
function tryLock(path) {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (cause) {
    if (/** @type {NodeJS.ErrnoException} */ (cause).code === 'EEXIST') return false;
    throw cause;
  }
}

/**
 * Pid of the living holder; null (and the file is gone) when there is none.
 * @param {string} path
 */
function holderOf(path) {
  let pid;
  try {
    pid = Number(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
  // An empty file: its writer is between creating and writing it, or died there.
  if (pid === 0) pid = Number.NaN;
  try {
    if (Number.isInteger(pid)) process.kill(pid, 0);
    else throw new Error('no pid');
    return pid;
  } catch (cause) {
    if (/** @type {NodeJS.ErrnoException} */ (cause).code === 'EPERM') return pid;
    rmSync(path, { force: true });
    return null;
  }
}
