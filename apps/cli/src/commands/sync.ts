import { z } from 'zod';
import { connect } from '../connection.ts';
import { query } from '../graphql.ts';
import type { Options } from '../options.ts';
import { asOfText, exitCodeOf, SYNC_FIELDS, SyncViewSchema } from '../sync-view.ts';

const SyncSchema = SyncViewSchema.extend({ orders: z.array(z.object({ id: z.string() })), adopted: z.number() });
const DOCUMENT = `mutation ($accountId: ID!) {
  syncOrders(accountId: $accountId) { orders { id } adopted ${SYNC_FIELDS} }
}`;

export async function syncCommand({ home, json, accounts }: Options): Promise<number> {
  const connection = await connect(home, 'trader');
  const schema = z.object({ syncOrders: SyncSchema });
  const { syncOrders: answer } = await query(connection, schema, DOCUMENT, { accountId: accounts[0] });
  const { orders, adopted, ...sync } = answer;
  const said = json
    ? JSON.stringify({ openOrders: orders.length, adopted, ...sync })
    : `${orders.length} open orders, ${adopted} of them found and adopted now; ${asOfText(answer)}`;
  process.stdout.write(`${said}\n`);
  return exitCodeOf(answer);
}
