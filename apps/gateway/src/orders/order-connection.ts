import type { OrderConnectionResolvers } from '../schema/types.generated.ts';
import { pageInfo } from './paging.ts';

export const orderConnection: Required<OrderConnectionResolvers> = {
  edges: ({ entries }) => entries.map(({ cursor, record }) => ({ cursor, node: record })),
  nodes: ({ entries }) => entries.map(({ record }) => record),
  pageInfo: (page) =>
    pageInfo(
      page.entries.map(({ cursor }) => cursor),
      page,
    ),
  /** Counted only when asked for. */
  totalCount: ({ filter }, _, { ports }) => (filter === null ? 0 : ports.queries.count(filter)),
};
