import { EXCHANGE_IDS, ExchangeIdSchema, type ExchangeId, type UserError } from '@orderplane/domain';
import { drawCredentials, type ExchangeCapabilities } from '@orderplane/exchange/capabilities';
import type { Credentials } from '@orderplane/store';
import { tradingRefusal } from '../access/roles.ts';
import type { Parsed } from '../orders/input.ts';
import type { LinkAccountInput, MutationResolvers } from '../schema/types.generated.ts';
import type { GatewayContext } from '../server/context.ts';
import { tryCredentials } from './candidates.ts';
import { parseCredentials } from './credentials.ts';

/** Linked accounts of one user: each of them is streamed and synced. */
const MAX_ACCOUNTS = 100;
const LABEL = /^[^\p{Cc}\p{Bidi_Control}]{1,64}$/u;

export const linkAccount: NonNullable<MutationResolvers['linkAccount']> = async (_, { input }, context) => {
  const refusal = tradingRefusal(context.principal) ?? (await tooMany(context));
  if (refusal !== null) return { account: null, userErrors: [refusal] };
  const parsed = parseLink(input, context.ports.capabilities);
  if (!parsed.ok) return { account: null, userErrors: parsed.userErrors };

  const { credentials, ...wanted } = parsed.value;
  const link = { kind: 'link', accountId: context.ports.newId(), mode: input.mode, ...wanted } as const;
  const { accountId, userErrors } = await tryCredentials(context, link, credentials);
  if (accountId === null) return { account: null, userErrors };
  const own = await context.ports.access.accountsOfUser(context.principal.userId);
  return { account: own.find((account) => account.id === accountId) ?? null, userErrors };
};

async function tooMany({ ports, principal }: GatewayContext): Promise<UserError | null> {
  const linked = (await ports.access.accountsOfUser(principal.userId)).filter((one) => one.unlinkedAt === null);
  if (linked.length < MAX_ACCOUNTS) return null;
  return { code: 'FORBIDDEN', message: `${MAX_ACCOUNTS} accounts are linked: unlink one first`, field: null };
}

interface Link {
  readonly exchange: ExchangeId;
  readonly label: string;
  readonly credentials: Credentials;
}

/** A paper account needs no credentials: it gets some. */
function parseLink(
  input: LinkAccountInput,
  capabilitiesOf: Readonly<Record<ExchangeId, ExchangeCapabilities>>,
): Parsed<Link> {
  const userErrors: UserError[] = [];
  const wrong = (code: UserError['code'], field: string, message: string): void => {
    userErrors.push({ code, message, field: ['input', field] });
  };
  const label = input.label.trim();
  if (!LABEL.test(label))
    wrong('INVALID_INPUT', 'label', 'label: must have 1 to 64 characters and no control characters');
  const exchange = ExchangeIdSchema.safeParse(input.exchange);
  if (!exchange.success) {
    wrong('INVALID_INPUT', 'exchange', `exchange: is none of ${EXCHANGE_IDS.join(', ')}`);
    return { ok: false, userErrors };
  }
  const capabilities = capabilitiesOf[exchange.data];
  const { name, modes } = capabilities;
  if (!modes.includes(input.mode)) {
    const lack = input.mode === 'SANDBOX' ? 'a testnet' : `the mode ${input.mode}`;
    wrong('UNSUPPORTED_BY_EXCHANGE', 'mode', `${name} has not got ${lack}: use ${modes.join(' or ')}`);
  }
  const given = input.credentials ?? null;
  if (given === null && input.mode !== 'PAPER')
    wrong('INVALID_INPUT', 'credentials', `credentials: a ${input.mode} account needs those of a key made at ${name}`);
  const credentials: Parsed<Credentials> =
    given === null
      ? { ok: true, value: drawCredentials(capabilities.credentials) }
      : parseCredentials(given, capabilities, ['input', 'credentials']);
  if (!credentials.ok) userErrors.push(...credentials.userErrors);
  if (!credentials.ok || userErrors.length > 0) return { ok: false, userErrors };
  return { ok: true, value: { exchange: exchange.data, label, credentials: credentials.value } };
}
