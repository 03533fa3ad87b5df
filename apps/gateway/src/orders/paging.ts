import type { PageInfo } from '../schema/types.generated.ts';
import { requestError } from '../server/errors.ts';

export const MAX_PAGE = 200;

/** The page size asked for. Throws INVALID_INPUT outside 1 … 200. */
export function pageSize(first: number | null | undefined): number {
  const size = first ?? 50;
  if (size < 1 || size > MAX_PAGE)
    throw requestError('INVALID_INPUT', `first must be from 1 to ${MAX_PAGE}`, ['first']);
  return size;
}

export const pageInfo = (
  cursors: readonly string[],
  has: { readonly hasNext: boolean; readonly hasPrevious: boolean },
): PageInfo => ({
  hasNextPage: has.hasNext,
  hasPreviousPage: has.hasPrevious,
  startCursor: cursors[0] ?? null,
  endCursor: cursors.at(-1) ?? null,
});
