import { z } from 'zod';
import { connect } from '../connection.ts';
import { query } from '../graphql.ts';
import type { Options } from '../options.ts';
import { asOfText, exitCodeOf, SYNC_FIELDS, SyncViewSchema } from '../sync-view.ts';
import { table } from '../table.ts';

const BalancesSchema = SyncViewSchema.extend({
  balances: z.array(z.object({ asset: z.string(), free: z.string(), locked: z.string(), total: z.string() })),
  positions: z.array(z.object({ symbol: z.string(), size: z.string() })),
});
const DOCUMENT = `query ($accountId: ID!, $maxAgeSeconds: Int) {
  balances(accountId: $accountId, maxAgeSeconds: $maxAgeSeconds) {
    balances { asset free locked total } positions { symbol size } ${SYNC_FIELDS}
  }
}`;

export async function balancesCommand({ home, json, accounts, maxAgeSeconds }: Options): Promise<number> {
  const connection = await connect(home, 'trader');
  const variables = { accountId: accounts[0], maxAgeSeconds: maxAgeSeconds ?? 30 };
  const { balances: answer } = await query(connection, z.object({ balances: BalancesSchema }), DOCUMENT, variables);
  if (json) {
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    return exitCodeOf(answer);
  }
  const { balances, positions } = answer;
  const rows = balances.map(({ asset, free, locked, total }) => [asset, free, locked, total]);
  if (rows.length > 0) process.stdout.write(`${table(['ASSET', 'FREE', 'LOCKED', 'TOTAL'], rows)}\n`);
  else if (answer.syncedAt !== null) process.stdout.write('No balances.\n');
  const held = positions.map(({ symbol, size }) => [symbol, size]);
  if (held.length > 0) process.stdout.write(`${table(['POSITION', 'SIZE'], held)}\n`);
  process.stdout.write(`${asOfText(answer)}\n`);
  return exitCodeOf(answer);
}
