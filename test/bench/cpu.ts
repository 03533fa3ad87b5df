import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of Linux' CPU accounting per second. */
const TICKS_PER_SECOND = 100;

interface Usage {
  readonly parent: number;
  readonly seconds: number;
}

/** CPU time of every process of the machine so far; empty where there is no /proc. */
function usages(): Map<number, Usage> {
  const found = new Map<number, Usage>();
  for (const name of readProc()) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // The command's name, in brackets, may hold anything.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
      found.set(Number(name), { parent: Number(fields[1]), seconds });
    } catch {
      // Ended meanwhile.
    }
  }
  return found;
}

function readProc(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** CPU seconds of each named process and what it has forked, so far. */
export function cpuSeconds(processes: readonly { readonly name: string; readonly pid: number }[]): Map<string, number> {
  const all = usages();
  const rootOf = (pid: number): string | null => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = all.get(at)?.parent) {
      const named = processes.find((one) => one.pid === at);
      if (named !== undefined) return named.name;
    }
    return null;
  };
  const sums = new Map<string, number>();
  for (const [pid, { seconds }] of all) {
    const name = rootOf(pid);
    if (name !== null) sums.set(name, (sums.get(name) ?? 0) + seconds);
  }
  return sums;
}
