/** Name of the variable by which a runner asks its children to end when it is gone, however it ended. */
export const PARENT_PID_VARIABLE = 'ORDERPLANE_PARENT_PID';
const POLL_MS = 500;

/**
 * Calls `gone` once when the process named by ORDERPLANE_PARENT_PID has ended: its IPC channel closes (at once, also
 * after SIGKILL), or its pid is no more. Does nothing without the variable. Returns how to stop watching.
 */
export function watchParent(
  gone: (reason: string) => void,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): () => void {
  const parentPid = Number(environment[PARENT_PID_VARIABLE]);
  if (!Number.isInteger(parentPid) || parentPid <= 1) return () => undefined;
  const direct = process.ppid === parentPid;
  const alive = (): boolean => (direct ? process.ppid === parentPid : isRunning(parentPid));
  let told = false;
  const tell = (reason: string): void => {
    if (told) return;
    told = true;
    stop();
    gone(reason);
  };
  const onDisconnect = (): void => tell('the channel to the parent closed');
  const poll = setInterval(() => {
    if (!alive()) tell(`the parent process ${parentPid} is gone`);
  }, POLL_MS);
  poll.unref();
  const stop = (): void => {
    clearInterval(poll);
    process.off('disconnect', onDisconnect);
  };
  process.once('disconnect', onDisconnect);
  return stop;
}

/** True when a process of this id exists (also one that we may not signal). */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}
