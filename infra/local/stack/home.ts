import { mkdir, open, readFile, rm, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { EXIT, Failure, systemFailure } from '../bootstrap/failure.mjs';
import { identityOf } from './process-identity.ts';

/** The directory that holds one system: its servers' data, secrets, logs and run.json. Locked while it runs. */
export interface Home {
  readonly path: string;
  readonly logs: string;
  readonly runFile: string;
  readonly secretsFile: string;
  readonly portsFile: string;
  file(name: string): string;
  /** Gives the lock back. */
  release(): Promise<void>;
}

const HolderSchema = z.object({ pid: z.number().int(), identity: z.string() });

/** Creates the directory when missing and locks it. Throws Failure: in use, not writable, disk full. */
export async function openHome(directory: string): Promise<Home> {
  const path = resolve(directory);
  const file = (name: string): string => join(path, name);
  const lock = file('lock');
  try {
    await mkdir(join(path, 'logs'), { recursive: true });
    await takeLock(lock, path);
  } catch (cause) {
    throw systemFailure(cause, `the home directory ${path}`) ?? cause;
  }
  return {
    path,
    logs: join(path, 'logs'),
    runFile: file('run.json'),
    secretsFile: file('secrets.json'),
    portsFile: file('ports.json'),
    file,
    release: () => rm(lock, { force: true }),
  };
}

async function takeLock(lock: string, home: string): Promise<void> {
  for (;;) {
    try {
      const handle = await open(lock, 'wx');
      const own = { pid: process.pid, identity: identityOf(process.pid) ?? '' };
      await handle.writeFile(JSON.stringify(own));
      await handle.close();
      return;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    }
    const holder = await readHolder(lock);
    if (holder !== null && identityOf(holder.pid) === holder.identity) {
      throw new Failure(EXIT.busy, `Another Orderplane runs from ${home} (process ${holder.pid}).`, [
        `Use that one (its addresses are in ${join(home, 'run.json')}), or stop it: kill ${holder.pid}.`,
        'Or start a second system with its own home and port: npm start -- --home DIR --port 0.',
      ]);
    }
    // Left over by a process that was killed.
    await unlink(lock).catch(() => undefined);
  }
}

async function readHolder(lock: string): Promise<z.infer<typeof HolderSchema> | null> {
  try {
    return HolderSchema.parse(JSON.parse(await readFile(lock, 'utf8')));
  } catch {
    return null;
  }
}
