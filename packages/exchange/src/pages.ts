import type { ReadVerdict } from './outcome.ts';

/** A listing as far as it got. `error` null: complete. */
export interface Paged<Item> {
  readonly items: readonly Item[];
  readonly pages: number;
  readonly error: string | null;
  readonly rateLimitedMs: number | null;
}

export interface Page<Item, Cursor> {
  readonly items: readonly Item[];
  /** Null: this was the last page. */
  readonly next: Cursor | null;
  /** Entries that could not be read make the listing incomplete. */
  readonly error: string | null;
}

/** No listing reads more than this; what is cut off makes it incomplete, never silently short. */
export const MAXIMUM_PAGES = 2_000;

/** Reads page after page until the last one or the first failure. */
export async function readPages<Item, Cursor>(
  first: Cursor,
  ask: (cursor: Cursor) => Promise<ReadVerdict>,
  read: (payload: unknown, cursor: Cursor) => Page<Item, Cursor>,
): Promise<Paged<Item>> {
  const items: Item[] = [];
  const errors: string[] = [];
  let cursor: Cursor | null = first;
  for (let pages = 1; pages <= MAXIMUM_PAGES; pages++) {
    const verdict = await ask(cursor);
    if (verdict.kind !== 'success') {
      const message = verdict.kind === 'absent' ? 'unexpected answer "not found"' : verdict.message;
      const rateLimitedMs = verdict.kind === 'failed' ? verdict.rateLimitedMs : null;
      return { items, pages, error: [...errors, message].join('; '), rateLimitedMs };
    }
    const page = read(verdict.payload, cursor);
    for (const item of page.items) items.push(item);
    if (page.error !== null && errors.length < 3) errors.push(page.error);
    cursor = page.next;
    if (cursor === null) {
      return { items, pages, error: errors.length === 0 ? null : errors.join('; '), rateLimitedMs: null };
    }
  }
  return { items, pages: MAXIMUM_PAGES, error: `more than ${MAXIMUM_PAGES} pages`, rateLimitedMs: null };
}
