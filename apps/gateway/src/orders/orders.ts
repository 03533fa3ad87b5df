import { ExchangeIdSchema } from '@orderplane/domain';
import type { OrderFilter } from '@orderplane/store';
import type { OrderFilter as FilterInput, QueryResolvers } from '../schema/types.generated.ts';
import { requestError } from '../server/errors.ts';
import { pageSize } from './paging.ts';
import { InstantSchema } from './values.ts';

/** Longest list in a filter. */
const MAX_VALUES = 200;

export const orders: NonNullable<QueryResolvers['orders']> = async (_, { filter: input, first, after }, context) => {
  const limit = pageSize(first);
  const filter = parseFilter(context.principal.userId, input ?? {});
  if (filter === null) return { filter, entries: [], hasNext: false, hasPrevious: false };
  const page = await context.ports.queries.page(filter, after ? { limit, after } : { limit });
  return { filter, entries: page.records, hasNext: page.hasNext, hasPrevious: Boolean(after) };
};

/** Null: an empty list, or names that nothing can have, so that nothing matches. Throws INVALID_INPUT. */
function parseFilter(userId: string, input: FilterInput): OrderFilter | null {
  const { exchanges, createdAfter, createdBefore, ...rest } = input;
  const known = exchanges?.map((name) => ExchangeIdSchema.safeParse(name)).flatMap(({ data }) => data ?? []);
  const filter: Record<string, unknown> = {
    userId,
    ...rest,
    exchanges: known,
    createdAfter: instant('createdAfter', createdAfter),
    createdBefore: instant('createdBefore', createdBefore),
  };
  for (const [name, value] of Object.entries(filter)) {
    if (value === null || value === undefined) delete filter[name];
    if (!Array.isArray(value)) continue;
    if (value.length === 0) return null;
    if (value.length > MAX_VALUES)
      throw requestError('INVALID_INPUT', `${name} may list ${MAX_VALUES} values at most`, ['filter', name]);
  }
  return filter as unknown as OrderFilter;
}

function instant(name: string, value: string | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  const parsed = InstantSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues[0]?.message ?? 'is not an instant';
  throw requestError('INVALID_INPUT', `${name}: ${problem}`, ['filter', name]);
}
