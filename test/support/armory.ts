import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crashPointFile } from '@orderplane/service-kit';
import { eventually } from './client.ts';

export type CrashSignal = 'SIGKILL' | 'SIGSTOP';

/** The crash points of a stack whose services look for them in `directory`. */
export interface Armory {
  readonly directory: string;
  /** The next process that passes `step` for `key` is killed there, or stopped. */
  arm(step: string, key: string, signal?: CrashSignal): void;
  /** Resolves when what is armed has struck; takes it back and rejects when it has not within two minutes. */
  strikes(step: string, key: string): Promise<void>;
  /** Takes back what is armed for the key, or everything. */
  disarm(key?: string): void;
  /** What was armed and has not struck. */
  armed(): readonly string[];
}

export function openArmory(home: string): Armory {
  const directory = join(home, 'armed');
  mkdirSync(directory, { recursive: true });
  return {
    directory,
    arm: (step, key, signal = 'SIGKILL') => {
      // Written beside and renamed: the service must not see half a file.
      const fresh = join(home, randomUUID());
      writeFileSync(fresh, `0 ${signal}`);
      renameSync(fresh, join(directory, crashPointFile(step, key)));
    },
    strikes: async (step, key) => {
      const file = join(directory, crashPointFile(step, key));
      try {
        await eventually(
          async () => existsSync(file),
          (exists) => !exists,
          `a crash at ${step} of ${key}`,
          120_000,
        );
      } catch (cause) {
        rmSync(file, { force: true });
        throw cause;
      }
    },
    disarm: (key) => {
      for (const file of readdirSync(directory))
        if (key === undefined || file.endsWith(`@${key}`)) rmSync(join(directory, file), { force: true });
    },
    armed: () => readdirSync(directory),
  };
}
