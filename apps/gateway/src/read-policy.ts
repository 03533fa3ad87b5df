import { ConfigurationError } from '@orderplane/service-kit';
import { createJwtVerifier, type JwtSettings, type JwtVerifier } from './access/jwt.ts';
import { ANY_DOCUMENT, type Documents } from './documents/documents.ts';
import { readManifest } from './documents/manifest.ts';
import type { Environment } from './environment.ts';
import type { Policy } from './policy.ts';
import type { Ports } from './ports.ts';

/** The policy that the environment asks for, with the files that it names. Throws ConfigurationError. */
export async function readPolicy(environment: Environment, ports: Pick<Ports, 'users' | 'clock'>): Promise<Policy> {
  return {
    corsOrigins: environment.CORS_ORIGINS,
    trustedProxies: environment.TRUSTED_PROXIES,
    introspection: environment.INTROSPECTION,
    documents: await documentsOf(environment),
    jwt: await jwtOf(environment, ports),
    limits: {
      signInFailuresPerMinute: environment.LIMIT_SIGN_IN_FAILURES,
      connectionsPerToken: environment.LIMIT_CONNECTIONS_PER_TOKEN,
      connectionsPerAddress: environment.LIMIT_CONNECTIONS_PER_ADDRESS,
      subscriptionsPerToken: environment.LIMIT_SUBSCRIPTIONS_PER_TOKEN,
    },
  };
}

async function documentsOf({ DOCUMENTS, DOCUMENTS_MANIFEST }: Environment): Promise<Documents> {
  const isAllowList = DOCUMENTS === 'manifest-only';
  if (DOCUMENTS_MANIFEST === undefined) {
    if (!isAllowList) return ANY_DOCUMENT;
    throw new ConfigurationError(['DOCUMENTS_MANIFEST is missing: DOCUMENTS=manifest-only executes what stands in it']);
  }
  return { isAllowList, texts: await readManifest(DOCUMENTS_MANIFEST) };
}

/** All three or none: half a provider would accept what it should not, or nothing. */
async function jwtOf(environment: Environment, ports: Pick<Ports, 'users' | 'clock'>): Promise<JwtVerifier | null> {
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_KEYS: keys } = environment;
  if (issuer === undefined && audience === undefined && keys === undefined) return null;
  if (issuer === undefined || audience === undefined || keys === undefined) {
    const given = { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_KEYS: keys };
    const missing = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [name] : []));
    throw new ConfigurationError(missing.map((name) => `${name} is missing: JWTs need issuer, audience and keys`));
  }
  const settings: JwtSettings = {
    issuer,
    audience,
    keys,
    algorithms: environment.JWT_ALGORITHMS,
    roleClaim: environment.JWT_ROLE_CLAIM,
    maxRole: environment.JWT_MAX_ROLE,
    clockSkewSeconds: environment.JWT_CLOCK_SKEW_SECONDS,
  };
  try {
    return await createJwtVerifier(settings, ports);
  } catch (cause) {
    throw new ConfigurationError([`JWT_KEYS: no JWK set can be read from ${keys} (${String(cause).slice(0, 200)})`]);
  }
}
