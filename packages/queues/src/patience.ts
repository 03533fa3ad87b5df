import { QueueUnavailableError } from './contract.ts';

const CLOSE_WITHIN_MS = 1_000;

/** Throws QueueUnavailableError when `work`, which adds nothing, fails or takes longer. */
export async function within(work: Promise<unknown>, timeoutMs: number, queue: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis did not answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } catch (cause) {
    throw new QueueUnavailableError(queue, cause, true);
  } finally {
    clearTimeout(timer);
  }
}

/** BullMQ waits for ever for a connection that was never there, also when it closes. Never throws. */
export async function patiently(closing: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_WITHIN_MS);
  });
  await Promise.race([closing.catch(() => undefined), patience]);
  clearTimeout(timer);
}
