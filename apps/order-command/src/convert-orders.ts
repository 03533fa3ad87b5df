import { sleep } from '@orderplane/service-kit';
import { walkPayloads, type AccessStore, type PayloadStore } from '@orderplane/store';

/** How often accounts are looked for whose earlier orders are to be sealed or opened, ms. */
const EVERY_MS = 1_000;
const ACCOUNTS = 100;

interface Stores {
  readonly payloads: PayloadStore;
  readonly access: Pick<AccessStore, 'account'>;
}
interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/**
 * Seals or opens what was written before an account's `encryptAtRest` was changed, until `signal` ends it. What is to be
 * done stands in the account, so it goes on after any crash; several processes at once do no harm. Never throws.
 */
export async function keepConverting(
  stores: Stores,
  signal: AbortSignal,
  log: Log,
  everyMs: number = EVERY_MS,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const accountId of await stores.payloads.converting(ACCOUNTS)) await convert(stores, accountId, signal, log);
    } catch (error) {
      log.warn({ err: error }, 'orders are converted later');
    }
    await sleep(everyMs, signal).catch(() => undefined);
  }
}

/** Settled only when every row was seen under one setting. */
async function convert({ payloads, access }: Stores, accountId: string, signal: AbortSignal, log: Log): Promise<void> {
  const account = await access.account(accountId);
  if (account === null) return;
  const { cacheVersion = 0, encryptAtRest } = account.privacy;
  const walked = await walkPayloads(
    (from) => payloads.convert(accountId, from),
    () => !signal.aborted,
  );
  if (walked === null) return;
  if (walked.failed.length > 0)
    log.warn(
      { accountId, failed: walked.failed.slice(0, 5) },
      'some orders do not open with any key of ORDERPLANE_DATA_KEY',
    );
  else if (await payloads.settle(accountId, cacheVersion))
    log.info({ accountId, encryptAtRest, rows: walked.changed }, 'earlier orders of the account were converted');
}
