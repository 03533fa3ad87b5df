import { CONVERSION_START, type ConversionCursor, type ConvertedBatch, type PayloadStore } from '../contracts.ts';

/** Places that are named of those that do not open. */
const MAX_NAMED = 100;

export interface Walked {
  readonly changed: number;
  /** Places that do not open with any key here, at most a hundred. */
  readonly failed: readonly string[];
}

/** All rows of an account, batch by batch; `goesOn` false ends it early. Null: it was ended. */
export async function walkPayloads(
  batch: (from: ConversionCursor) => Promise<ConvertedBatch>,
  goesOn: () => boolean = () => true,
): Promise<Walked | null> {
  let changed = 0;
  const failed: string[] = [];
  for (let next: ConversionCursor | null = CONVERSION_START; next !== null;) {
    if (!goesOn()) return null;
    const done: ConvertedBatch = await batch(next);
    changed += done.changed;
    failed.push(...done.failed.slice(0, MAX_NAMED - failed.length));
    next = done.next;
  }
  return { changed, failed };
}

export interface RekeyedPayloads {
  readonly accounts: number;
  readonly changed: number;
  readonly failed: readonly string[];
}

/** Everything that orders hold, under the first key of the ring: beside running services, and again at any time. */
export async function rekeyPayloads(
  payloads: PayloadStore,
  onAccount: (so: RekeyedPayloads) => void = () => undefined,
): Promise<RekeyedPayloads> {
  let so: RekeyedPayloads = { accounts: 0, changed: 0, failed: [] };
  const PAGE = 200;
  for (let after: string | undefined; ;) {
    const page = await payloads.sealedAccounts({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const accountId of page) {
      const walked = await walkPayloads((from) => payloads.rekey(accountId, from));
      if (walked === null) continue;
      const failed = [...so.failed, ...walked.failed].slice(0, MAX_NAMED);
      so = { accounts: so.accounts + 1, changed: so.changed + walked.changed, failed };
      onAccount(so);
    }
    after = page.at(-1);
    if (page.length < PAGE) return so;
  }
}
