import { z } from 'zod';
import { connect } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { query } from '../graphql.ts';
import type { Options } from '../options.ts';
import { table } from '../table.ts';

/** The most that the service lists in one page. */
const PAGE = 200;

const AlertSchema = z.object({
  id: z.string(),
  account: z.object({ id: z.string(), exchange: z.string() }),
  symbol: z.string(),
  status: z.string(),
  note: z.string().nullable(),
  trigger: z.object({
    symbol: z.string(),
    source: z.string(),
    direction: z.string(),
    price: z.string(),
    firedAt: z.string().nullable(),
    firedPrice: z.string().nullable(),
  }),
  createdAt: z.string(),
  updatedAt: z.string(),
});
type Alert = z.infer<typeof AlertSchema>;

const AccountsSchema = z.object({ accounts: z.array(z.object({ id: z.string() })) });
const PageSchema = z.object({ alerts: z.object({ nodes: z.array(AlertSchema) }) });
const DOCUMENT = `query Alerts($accountId: ID!, $status: AlertStatus, $first: Int) {
  alerts(accountId: $accountId, status: $status, first: $first) {
    nodes { id account { id exchange } symbol status note createdAt updatedAt
      trigger { symbol source direction price firedAt firedPrice } }
  }
}`;

async function list(connection: Connection, options: Options): Promise<readonly Alert[]> {
  const ids =
    options.accounts.length > 0
      ? options.accounts
      : (await query(connection, AccountsSchema, '{ accounts { id } }')).accounts.map(({ id }) => id);
  const first = Math.min(PAGE, options.first);
  const pages = await Promise.all(
    ids.map((accountId) =>
      query(connection, PageSchema, DOCUMENT, { accountId, first, ...(options.open ? { status: 'ARMED' } : {}) }),
    ),
  );
  return pages.flatMap(({ alerts }) => alerts.nodes);
}

const HEADINGS = ['ID', 'EXCHANGE', 'SYMBOL', 'WAITS FOR', 'STATUS', 'FIRED', 'NOTE', 'UPDATED'];

const rowOf = ({ id, account, symbol, trigger, status, note, updatedAt }: Alert): readonly string[] => [
  id,
  account.exchange,
  symbol,
  `${trigger.symbol} ${trigger.source} ${trigger.direction === 'AT_OR_ABOVE' ? '>=' : '<='} ${trigger.price}`,
  status,
  trigger.firedPrice ?? '',
  note ?? '',
  updatedAt,
];

export async function alertsCommand(options: Options): Promise<number> {
  const connection = await connect(options.home, 'trader');
  const alerts = await list(connection, options);
  if (options.json) {
    for (const alert of alerts) process.stdout.write(`${JSON.stringify(alert)}\n`);
    return 0;
  }
  if (alerts.length === 0) process.stdout.write(options.open ? 'No armed alerts.\n' : 'No alerts.\n');
  else process.stdout.write(`${table(HEADINGS, alerts.map(rowOf))}\n`);
  return 0;
}
