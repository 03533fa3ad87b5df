import { z } from 'zod';
import { connect } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { query } from '../graphql.ts';
import type { Options } from '../options.ts';
import { doubtText, ORDER_FIELDS, OrderViewSchema, priceText, sizeText, triggerText, typeText } from '../order-view.ts';
import type { OrderView } from '../order-view.ts';
import { asOfText, exitCodeOf, SYNC_FIELDS, SyncViewSchema, type SyncView } from '../sync-view.ts';
import { table } from '../table.ts';

/** The most that the service lists in one page. */
const PAGE = 200;

const PageSchema = z.object({
  orders: z.object({
    nodes: z.array(OrderViewSchema),
    totalCount: z.number(),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
});

const DOCUMENT = `query Orders($filter: OrderFilter, $first: Int, $after: String) {
  orders(filter: $filter, first: $first, after: $after) {
    nodes { ${ORDER_FIELDS} } totalCount pageInfo { hasNextPage endCursor }
  }
}`;

const filterOf = (options: Options): Record<string, readonly string[]> => ({
  ...(options.open ? { statuses: ['PENDING', 'OPEN'] } : {}),
  ...(options.accounts.length > 0 ? { accountIds: options.accounts } : {}),
  ...(options.symbol === null ? {} : { symbols: [options.symbol] }),
});

const OpenSchema = z.object({ openOrders: SyncViewSchema.extend({ orders: z.array(OrderViewSchema) }) });
const OPEN_DOCUMENT = `query Open($accountId: ID!, $symbol: String, $maxAgeSeconds: Int) {
  openOrders(accountId: $accountId, symbol: $symbol, maxAgeSeconds: $maxAgeSeconds) {
    orders { ${ORDER_FIELDS} } ${SYNC_FIELDS}
  }
}`;

interface Listing {
  readonly orders: readonly OrderView[];
  readonly totalCount: number;
  /** What the exchange's answer is worth; null: it was not asked. */
  readonly sync: SyncView | null;
}

/** The exchange is asked where what is known is older than wished. */
async function listOpen(connection: Connection, options: Options): Promise<Listing> {
  const { accounts, symbol, maxAgeSeconds, first } = options;
  const variables = { accountId: accounts[0], symbol, maxAgeSeconds };
  const { openOrders } = await query(connection, OpenSchema, OPEN_DOCUMENT, variables);
  const { orders, ...sync } = openOrders;
  return { orders: orders.slice(0, first), totalCount: orders.length, sync };
}

async function list(connection: Connection, options: Options): Promise<Listing> {
  const orders: OrderView[] = [];
  const filter = filterOf(options);
  for (let after: string | null = null; ;) {
    const first = Math.min(PAGE, options.first - orders.length);
    const page: z.infer<typeof PageSchema> = await query(connection, PageSchema, DOCUMENT, { filter, first, after });
    orders.push(...page.orders.nodes);
    const { hasNextPage, endCursor } = page.orders.pageInfo;
    // A page without rows would never end the loop.
    const more = hasNextPage && endCursor !== null && page.orders.nodes.length > 0 && orders.length < options.first;
    if (!more) return { orders, totalCount: page.orders.totalCount, sync: null };
    after = endCursor;
  }
}

const HEADINGS = ['ID', 'EXCHANGE', 'SYMBOL', 'SIDE', 'TYPE', 'SIZE', 'FILLED', 'PRICE', 'STATUS', 'SYNC', 'UPDATED'];

const rowOf = (order: OrderView): readonly string[] => [
  order.id,
  order.exchange,
  order.symbol,
  order.side,
  typeText(order),
  sizeText(order),
  order.filledSize,
  priceText(order),
  order.status,
  order.reconciliation.status,
  order.updatedAt,
];

export async function ordersCommand(options: Options): Promise<number> {
  const connection = await connect(options.home, 'trader');
  const { orders, totalCount, sync } = await (options.maxAgeSeconds === null ? list : listOpen)(connection, options);
  if (options.json) {
    for (const order of orders) process.stdout.write(`${JSON.stringify(order)}\n`);
    return sync === null ? 0 : exitCodeOf(sync);
  }
  if (orders.length === 0) process.stdout.write(options.open ? 'No open orders.\n' : 'No orders.\n');
  else process.stdout.write(`${listing(orders)}\n${orders.length} of ${totalCount} orders\n`);
  if (sync === null) return 0;
  process.stdout.write(`${asOfText(sync)}\n`);
  return exitCodeOf(sync);
}

/** The table, and below it what waits for a price, and what is in doubt: since when, and what was tried. */
function listing(orders: readonly OrderView[]): string {
  const doubts = orders.flatMap((order) => {
    const waits = order.status === 'PENDING' ? triggerText(order) : null;
    return [waits, doubtText(order)].flatMap((text) => (text === null ? [] : [`${order.id}: ${text}`]));
  });
  return [table(HEADINGS, orders.map(rowOf)), ...doubts].join('\n');
}
