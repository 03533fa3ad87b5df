import { z } from 'zod';
import { connect } from '../connection.ts';
import { usageFailure } from '../failure.ts';
import { query } from '../graphql.ts';

interface Values {
  readonly home?: string | undefined;
  readonly cache?: string | undefined;
  readonly encrypt?: string | undefined;
  readonly 'keep-days'?: string | undefined;
}

const UserErrorsSchema = z.array(
  z.object({ code: z.string(), message: z.string(), field: z.array(z.string()).nullable() }),
);
const AccountSchema = z.object({
  id: z.string(),
  privacy: z.object({
    cacheOpenOrders: z.boolean(),
    encryptAtRest: z.boolean(),
    historyRetentionDays: z.number().nullable(),
    converting: z.boolean(),
  }),
});

/** Sends what was named, and says how everything stands after it. */
export async function setPrivacy(values: Values, accountId: string) {
  const days = values['keep-days'];
  const input = {
    accountId,
    ...(values.cache === undefined ? {} : { cacheOpenOrders: isOn('--cache', values.cache) }),
    ...(values.encrypt === undefined ? {} : { encryptAtRest: isOn('--encrypt', values.encrypt) }),
    ...(days === undefined ? {} : { historyRetentionDays: daysOf(days) }),
  };
  if (Object.keys(input).length === 1) throw usageFailure('accounts privacy needs --cache, --encrypt or --keep-days');
  const document = `mutation ($input: PrivacyInput!) { setPrivacy(input: $input) {
    account { id privacy { cacheOpenOrders encryptAtRest historyRetentionDays converting } }
    userErrors { code message field } } }`;
  const payload = z.object({ account: AccountSchema.nullable(), userErrors: UserErrorsSchema });
  const connection = await connect(values.home ?? null, 'trader');
  const { setPrivacy: answer } = await query(connection, z.object({ setPrivacy: payload }), document, { input });
  return { ...answer, said: answer.account === null ? '' : saidOf(answer.account.privacy) };
}

export async function clearCache(values: Values, accountId: string) {
  const document = `mutation ($accountId: ID!) {
    clearOrderCache(accountId: $accountId) { account { id } userErrors { code message field } } }`;
  const payload = z.object({ account: z.object({ id: z.string() }).nullable(), userErrors: UserErrorsSchema });
  const connection = await connect(values.home ?? null, 'trader');
  const { clearOrderCache } = await query(connection, z.object({ clearOrderCache: payload }), document, { accountId });
  return { ...clearOrderCache, said: 'has no cached orders' };
}

function isOn(option: string, value: string): boolean {
  if (value !== 'on' && value !== 'off') throw usageFailure(`${option} takes "on" or "off"`);
  return value === 'on';
}

function daysOf(value: string): number | null {
  if (value === 'all') return null;
  if (!/^\d{1,5}$/.test(value)) throw usageFailure('--keep-days takes a number of days, or "all"');
  return Number(value);
}

function saidOf(privacy: z.infer<typeof AccountSchema>['privacy']): string {
  const { cacheOpenOrders, encryptAtRest, historyRetentionDays: days, converting } = privacy;
  const kept =
    days === null ? 'never purged' : days === 0 ? 'purged at their end' : `purged ${days} days after their end`;
  const rest = `${encryptAtRest ? '' : 'not '}encrypted at rest${converting ? ' (earlier ones are being converted)' : ''}`;
  return `orders are ${cacheOpenOrders ? '' : 'not '}cached in Redis, ${rest}, ${kept}`;
}
