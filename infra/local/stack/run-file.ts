import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { writeFileAtomically } from './files.ts';
import { commandLineOf, endProcess, identityOf, waitUntilGone } from './process-identity.ts';

const ProcessSchema = z.object({
  name: z.string(),
  pid: z.number().int(),
  /** Tells the process from a later one with the same pid. */
  identity: z.string(),
  /** Address of the service's /healthz, /readyz and /metrics; null for servers. */
  health: z.string().nullable(),
  restarts: z.number().int(),
});

/** What tools need to find a running system; `npm start` keeps it true in HOME/run.json (mode 0600: it holds tokens). */
const RunInfoSchema = z.object({
  /** Of the runner: a signal to it stops the system. */
  pid: z.number().int(),
  home: z.string(),
  startedAt: z.string(),
  gateway: z.object({ http: z.string(), ws: z.string() }),
  /** All of them, the one above first. */
  gateways: z.array(z.object({ http: z.string(), ws: z.string() })),
  adminToken: z.string(),
  traderToken: z.string(),
  /** Null with --no-simulator. */
  simulator: z.object({ admin: z.string() }).nullable(),
  postgres: z.string(),
  redis: z.string(),
  /** Living processes only. */
  processes: z.array(ProcessSchema),
  accounts: z.array(z.object({ id: z.string(), exchange: z.string(), label: z.string() })),
});
export type RunInfo = z.infer<typeof RunInfoSchema>;

/** Writes one after the other, always the newest: a later state never loses to an earlier one. */
export class RunFile {
  readonly #path: string;
  #last: Promise<void> = Promise.resolve();
  #next: RunInfo | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  write(info: RunInfo): Promise<void> {
    const isQueued = this.#next !== null;
    this.#next = info;
    if (!isQueued) this.#last = this.#last.then(() => this.#flush());
    return this.#last;
  }

  async remove(): Promise<void> {
    await this.#last.catch(() => undefined);
    await rm(this.#path, { force: true });
  }

  async #flush(): Promise<void> {
    const info = this.#next;
    this.#next = null;
    if (info !== null) await writeFileAtomically(this.#path, `${JSON.stringify(info, null, 2)}\n`, 0o600);
  }
}

/**
 * Services of a run that was killed see their parent's end and stop; this waits for them, then insists, so that two runs
 * never serve at once. Call with the home's lock held. Servers are found by their own data directories.
 */
export async function endLeftovers(path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return;
  const parsed = RunInfoSchema.safeParse(parseJson(text));
  const left = parsed.success ? parsed.data.processes.filter(({ pid, identity }) => identityOf(pid) === identity) : [];
  const services = left.map(({ pid }) => pid).filter((pid) => /apps\/[a-z-]+\/src\/main\.ts/.test(commandLineOf(pid)));
  await Promise.all(
    services.map(async (pid) => {
      if (await waitUntilGone(pid, 1_500)) return;
      await endProcess(pid, [
        { signal: 'SIGTERM', waitMs: 11_000 },
        { signal: 'SIGKILL', waitMs: 3_000 },
      ]);
    }),
  );
  await rm(path, { force: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
