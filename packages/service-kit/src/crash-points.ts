import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Name of the variable with the directory of armed crash points. For crash tests only: unset, nothing ever happens. */
export const CRASH_POINTS_VARIABLE = 'ORDERPLANE_CRASH_POINTS';

/**
 * A place in the code where a test may have the process killed: `step` names the place ("submit:after-intent"), `key`
 * whose turn it must be (a client order id, an exchange).
 */
export type CrashPoint = (step: string, key: string) => void;

export const NO_CRASH_POINTS: CrashPoint = () => undefined;

/** Colons are not for file names. */
export const crashPointFile = (step: string, key: string): string => `${step.replaceAll(':', '.')}@${key}`;

/**
 * A point is armed while a file of its name lies in the directory. It is disarmed before it strikes, so that it strikes
 * once, also over the restart that follows. The file's content: how many passes are let through before, and the signal
 * (default SIGKILL), e.g. "0 SIGSTOP".
 */
export function crashPoints(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  kill: (signal: string) => void = (signal) => process.kill(process.pid, signal),
): CrashPoint {
  const directory = environment[CRASH_POINTS_VARIABLE];
  if (directory === undefined || directory === '') return NO_CRASH_POINTS;
  const take = (file: string): string | null => {
    const [passes = '0', signal = 'SIGKILL'] = readFileSync(file, 'utf8').trim().split(' ');
    if (Number(passes) > 0) {
      writeFileSync(file, `${Number(passes) - 1} ${signal}`);
      return null;
    }
    rmSync(file);
    return signal;
  };
  return (step, key) => {
    const file = join(directory, crashPointFile(step, key));
    if (!existsSync(file)) return;
    let signal: string | null = null;
    try {
      signal = take(file);
    } catch {
      // Another process, or the test that took it back, was first.
    }
    if (signal !== null) kill(signal);
  };
}
