import type { AccountStore, SealedEnvelope } from './contracts.ts';
import { keyIdOf, openSecret, sealSecret } from './credentials.ts';
import type { KeyRing } from './credentials.ts';

const BATCH = 200;
export interface Resealed {
  /** Sealed anew by this run. */
  resealed: number;
  /** Under the ring's first key already. */
  current: number;
  /** Replaced or destroyed by somebody else meanwhile: by a writer who seals with a key of its own choice. */
  overtaken: number;
  /** Names whose envelopes do not open with any key of the ring. */
  readonly failed: string[];
}

/**
 * Seals everything under the first key of the ring. One compare-and-swap each: it may be interrupted and run again at
 * any time, beside running services, and two runs at once do no harm. What is current already is not touched.
 */
export async function reseal(
  accounts: Pick<AccountStore, 'envelopes' | 'replaceEnvelope'>,
  ring: KeyRing,
  onBatch: (so: Resealed) => void = () => undefined,
): Promise<Resealed> {
  const so: Resealed = { resealed: 0, current: 0, overtaken: 0, failed: [] };
  let after: string | undefined;
  for (;;) {
    const page = await accounts.envelopes({ limit: BATCH, ...(after === undefined ? {} : { after }) });
    for (const envelope of page) await resealOne(accounts, ring, envelope, so);
    after = page.at(-1)?.boundTo;
    if (page.length > 0) onBatch(so);
    if (page.length < BATCH) return so;
  }
}

async function resealOne(
  accounts: Pick<AccountStore, 'envelopes' | 'replaceEnvelope'>,
  ring: KeyRing,
  envelope: SealedEnvelope,
  so: Resealed,
): Promise<void> {
  if (keyIdOf(envelope.sealed) === ring.currentId) {
    so.current += 1;
    return;
  }
  let next: string;
  try {
    next = sealSecret(ring, envelope.boundTo, openSecret(ring, envelope.boundTo, envelope.sealed, envelope.boundTo));
  } catch {
    so.failed.push(envelope.boundTo);
    return;
  }
  if (await accounts.replaceEnvelope(envelope, next)) so.resealed += 1;
  else so.overtaken += 1;
}
