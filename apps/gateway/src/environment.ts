import { ROLES } from '@orderplane/domain';
import {
  DatabaseUrlSchema,
  PortSchema,
  readEnvironment,
  RedisUrlSchema,
  SERVICE_ENVIRONMENT,
} from '@orderplane/service-kit';
import { DATA_KEY_ENVIRONMENT } from '@orderplane/store';
import { z } from 'zod';
import { JWT_ALGORITHMS } from './access/jwt.ts';
import { DEFAULT_LIMITS } from './policy.ts';
import { isNetwork } from './server/remote.ts';

const Milliseconds = z.coerce.number().int().min(1).max(600_000);
const Count = z.coerce.number().int().min(1).max(1_000_000);
const OnOff = z.enum(['on', 'off']).transform((text) => text === 'on');
const listOf = <T>(item: z.ZodType<T, string>) =>
  z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(item));
/** What browsers send: scheme, host and port, nothing behind. */
const Origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
  message: 'not an origin like https://desk.example',
});
/** Keys over plain HTTP could be anybody's. */
const KeySource = z.string().refine((text) => !/^http:/.test(text) || isLoopback(text), {
  message: 'keys come over https, or from a file',
});
const isLoopback = (text: string): boolean =>
  URL.canParse(text) && ['127.0.0.1', '[::1]', 'localhost'].includes(new URL(text).hostname);

const LIMIT_ENVIRONMENT = {
  LIMIT_REQUESTS_PER_SECOND: Count.default(500).describe('the requests of one token in a second, over all gateways'),
  LIMIT_REQUESTS_AT_ONCE: Count.default(5_000).describe('the requests of one token at once after a pause'),
  LIMIT_CONNECTIONS_PER_TOKEN: Count.default(DEFAULT_LIMITS.connectionsPerToken).describe(
    'the WebSocket connections of one token to this process',
  ),
  LIMIT_CONNECTIONS_PER_ADDRESS: Count.default(DEFAULT_LIMITS.connectionsPerAddress).describe(
    'the WebSocket connections of one address to this process',
  ),
  LIMIT_SUBSCRIPTIONS_PER_TOKEN: Count.default(DEFAULT_LIMITS.subscriptionsPerToken).describe(
    'the open subscriptions of one token at this process',
  ),
  LIMIT_SIGN_IN_FAILURES: Count.default(DEFAULT_LIMITS.signInFailuresPerMinute).describe(
    'the failed sign-ins of one address in a minute before it has to wait',
  ),
};

const GUARD_ENVIRONMENT = {
  CORS_ORIGINS: listOf(Origin)
    .default([])
    .describe('the origins whose web pages may ask, e.g. https://desk.example,https://other.example'),
  TRUSTED_PROXIES: listOf(z.string().refine(isNetwork, { message: 'not an address or network' }))
    .default([])
    .describe('the proxies whose X-Forwarded-For is believed, e.g. 127.0.0.1,10.0.0.0/8'),
  INTROSPECTION: OnOff.default(true).describe('on or off: whether the schema is told'),
  DOCUMENTS: z
    .enum(['any', 'manifest-only'])
    .default('any')
    .describe('any, or manifest-only: only the documents of DOCUMENTS_MANIFEST are executed'),
  DOCUMENTS_MANIFEST: z.string().optional().describe('the file with the persisted documents'),
};

const JWT_ENVIRONMENT = {
  JWT_ISSUER: z.string().max(500).optional().describe("the identity provider, as its JWTs' claim iss names it"),
  JWT_AUDIENCE: z.string().optional().describe("this system's name, as the claim aud has it"),
  JWT_KEYS: KeySource.optional().describe("the provider's JWK set: an https address or a file"),
  JWT_ALGORITHMS: listOf(z.enum(JWT_ALGORITHMS))
    .default(['RS256', 'PS256', 'ES256', 'EdDSA'])
    .describe(`the signature algorithms, of ${JWT_ALGORITHMS.join(', ')}`),
  JWT_ROLE_CLAIM: z.string().max(200).default('orderplane_role').describe('the claim with viewer, trader or admin'),
  JWT_MAX_ROLE: z.enum(ROLES).default('trader').describe('the highest role that the provider can give'),
  JWT_CLOCK_SKEW_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(300)
    .default(30)
    .describe('the seconds that clocks differ'),
};

export const EnvironmentSchema = z.object({
  ...SERVICE_ENVIRONMENT,
  PORT: PortSchema.default(4000).describe('the port of the GraphQL server; 0 takes any free one'),
  HOST: z.string().default('127.0.0.1').describe('the address to bind the GraphQL server to'),
  DATABASE_URL: DatabaseUrlSchema.describe('the address of PostgreSQL, postgresql://user@host:5432/orderplane'),
  REDIS_URL: RedisUrlSchema.describe('the address of Redis, redis://host:6379'),
  ...DATA_KEY_ENVIRONMENT,
  COMMAND_TIMEOUT_MS: Milliseconds.default(5_000).describe('the longest wait for the result of a command, in ms'),
  SYNC_TIMEOUT_MS: Milliseconds.default(10_000).describe('the longest wait for a sync of one account, in ms'),
  ACCOUNT_TIMEOUT_MS: Milliseconds.default(15_000).describe('the longest wait until credentials were tried, in ms'),
  ...LIMIT_ENVIRONMENT,
  ...GUARD_ENVIRONMENT,
  ...JWT_ENVIRONMENT,
});
export type Environment = z.infer<typeof EnvironmentSchema>;

type Variables = Readonly<Record<string, string | undefined>>;

/** Throws ConfigurationError. */
export const readGatewayEnvironment = (variables: Variables = process.env): Environment =>
  readEnvironment(EnvironmentSchema, variables);
