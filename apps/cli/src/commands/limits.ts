import { z } from 'zod';
import { connect } from '../connection.ts';
import { CommandFailure, EXIT, usageFailure } from '../failure.ts';
import { query } from '../graphql.ts';
import { table } from '../table.ts';

export const LIMIT_OPTIONS = {
  'max-order-notional': { type: 'string' },
  'max-open-notional': { type: 'string' },
  'max-open-orders': { type: 'string' },
  'price-collar': { type: 'string' },
  'reject-duplicates': { type: 'string' },
} as const;

type Values = { readonly [option in keyof typeof LIMIT_OPTIONS]?: string | undefined } & {
  readonly home?: string | undefined;
  readonly json?: boolean | undefined;
};

const RiskSchema = z.object({
  maxOrderNotional: z.string().nullable(),
  maxOpenNotional: z.string().nullable(),
  maxOpenOrders: z.number().nullable(),
  priceCollar: z.string().nullable(),
  rejectDuplicates: z.boolean(),
});
const AccountSchema = z.object({ id: z.string(), risk: RiskSchema });
type Account = z.infer<typeof AccountSchema>;
const ACCOUNT = 'id risk { maxOrderNotional maxOpenNotional maxOpenOrders priceCollar rejectDuplicates }';

/** Changes what is given, and shows them. */
export async function limits(values: Values, accountId: string): Promise<number> {
  const change = changeOf(values);
  const connection = await connect(values.home ?? null, 'trader');
  if (Object.keys(change).length === 0) {
    const schema = z.object({ account: AccountSchema.nullable() });
    const document = `query ($id: ID!) { account(id: $id) { ${ACCOUNT} } }`;
    const { account } = await query(connection, schema, document, { id: accountId });
    if (account === null) throw new CommandFailure(`there is no account ${accountId}`, EXIT.failed);
    return show(values, account);
  }
  const userErrors = z.array(z.object({ code: z.string(), message: z.string() }));
  const schema = z.object({ setRiskLimits: z.object({ account: AccountSchema.nullable(), userErrors }) });
  const document = `mutation ($input: RiskInput!) { setRiskLimits(input: $input) {
    account { ${ACCOUNT} } userErrors { code message } } }`;
  const { setRiskLimits: result } = await query(connection, schema, document, { input: { accountId, ...change } });
  if (result.account === null) {
    const reasons = result.userErrors.map(({ code, message }) => `${code}: ${message}`);
    throw new CommandFailure(reasons.join('\n'), EXIT.failed);
  }
  return show(values, result.account);
}

const NONE = 'none';

/** Amounts are for the service to judge. */
function changeOf(values: Values): Readonly<Record<string, string | number | boolean | null>> {
  const orders = values['max-open-orders'];
  if (orders !== undefined && orders !== NONE && !/^\d{1,10}$/.test(orders))
    throw usageFailure('--max-open-orders takes a whole number, or "none"');
  const duplicates = values['reject-duplicates'];
  if (duplicates !== undefined && duplicates !== 'yes' && duplicates !== 'no')
    throw usageFailure('--reject-duplicates takes yes or no');
  const amounts = {
    maxOrderNotional: values['max-order-notional'],
    maxOpenNotional: values['max-open-notional'],
    priceCollar: values['price-collar'],
  };
  return {
    ...Object.fromEntries(
      Object.entries(amounts).flatMap(([name, amount]) =>
        amount === undefined ? [] : [[name, amount === NONE ? null : amount]],
      ),
    ),
    ...(orders === undefined ? {} : { maxOpenOrders: orders === NONE ? null : Number(orders) }),
    ...(duplicates === undefined ? {} : { rejectDuplicates: duplicates === 'yes' }),
  };
}

function show(values: Values, { id, risk }: Account): number {
  if (values.json === true) {
    process.stdout.write(`${JSON.stringify({ id, risk })}\n`);
    return 0;
  }
  const rows = [
    ['max-order-notional', risk.maxOrderNotional ?? NONE],
    ['max-open-notional', risk.maxOpenNotional ?? NONE],
    ['max-open-orders', risk.maxOpenOrders?.toString() ?? NONE],
    ['price-collar', risk.priceCollar ?? NONE],
    ['reject-duplicates', risk.rejectDuplicates ? 'yes' : 'no'],
  ];
  process.stdout.write(`${table(['LIMIT', 'VALUE'], rows)}\n`);
  return 0;
}
