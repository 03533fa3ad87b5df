import { sleep } from '@orderplane/service-kit';

/** Tries until `attempt` succeeds or the signal aborts (then rejects with the last failure). The caller sets the deadline. */
export async function until<T>(ended: AbortSignal, everyMs: number, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (cause) {
      if (ended.aborted) throw cause;
      await sleep(everyMs, ended);
    }
  }
}

/** Resolves with the JSON answer of a GET, rejects on any status but 2xx. */
export async function getJson(url: string, timeoutMs = 2_000): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}
