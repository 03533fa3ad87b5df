import { readFile } from 'node:fs/promises';
import { ROLES, type Role } from '@orderplane/domain';
import type { User } from '@orderplane/store';
import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { Ports } from '../ports.ts';
import type { Known } from './authentication.ts';

/** Signatures with a private key only: what verifies them may be public ("none" and HS… are for others). */
export const JWT_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** Whose JWTs are accepted, and what they are worth here. */
export interface JwtSettings {
  readonly issuer: string;
  readonly audience: string;
  /** A JWK set: an https address, or a file. */
  readonly keys: string;
  readonly algorithms: readonly JwtAlgorithm[];
  /** The claim with the role (a name, or a list of names of which the highest counts); dots lead into objects. */
  readonly roleClaim: string;
  /** What the provider can't give more than. */
  readonly maxRole: Role;
  readonly clockSkewSeconds: number;
}

export interface JwtVerifier {
  /** The caller, or why there is none. Throws when the keys can't be had right now. */
  verify(token: string): Promise<Known | string>;
}

/** A key that is not in the set leads to one more look at it, at most this often, ms. */
const LOOK_AGAIN_MS = 30_000;
const FETCH_TIMEOUT_MS = 3_000;
/** Keys that the provider has withdrawn are believed this long at most, ms. */
const KEYS_AGE_MS = 600_000;

const ClaimsSchema = z.object({ sub: z.string().min(1).max(255), exp: z.number(), iss: z.string() });
const KeySetSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/**
 * JWTs of one identity provider (RFC 7519, RFC 8725): signature by an allowed algorithm and a key of its set, issuer,
 * audience, expiry and not-before; the user is who was linked to issuer and subject. Reads the file of keys at once, so
 * that a wrong one shows at the start.
 */
export async function createJwtVerifier(
  settings: JwtSettings,
  ports: Pick<Ports, 'users' | 'clock'>,
): Promise<JwtVerifier> {
  const keys = await keySource(settings.keys, () => ports.clock.now().getTime());
  return {
    verify: async (token) => {
      let payload: JWTPayload;
      try {
        ({ payload } = await jwtVerify(token, keys, {
          algorithms: [...settings.algorithms],
          issuer: settings.issuer,
          audience: settings.audience,
          clockTolerance: settings.clockSkewSeconds,
          requiredClaims: ['sub', 'exp', 'iss', 'aud'],
          currentDate: ports.clock.now(),
        }));
      } catch (cause) {
        return refusalOf(cause);
      }
      const claims = ClaimsSchema.safeParse(payload);
      if (!claims.success) return 'a JWT without a usable subject or expiry';
      const role = roleOf(payload, settings);
      if (role === null) return `a JWT without a role in its claim ${settings.roleClaim}`;
      const { iss: issuer, sub: subject, exp } = claims.data;
      const user = await ports.users.byIdentity({ issuer, subject });
      return user === null || user.disabledAt !== null
        ? 'a JWT of a subject that is no user here, or a disabled one'
        : knownAs(user, role, issuer, exp + settings.clockSkewSeconds);
    },
  };
}

/** JWTs come and go, so limits and revocations are for all of a user's together. */
export const jwtTokenId = (userId: string): string => `jwt:${userId}`;

const knownAs = (user: User, role: Role, issuer: string, endsAtSeconds: number): Known => ({
  principal: {
    userId: user.id,
    role,
    tokenId: jwtTokenId(user.id),
    expiresAt: new Date(Math.min(endsAtSeconds * 1_000, MAX_INSTANT_MS)).toISOString(),
  },
  via: issuer,
});
/** 9999-12-31: some providers write "never" as a very large number. */
const MAX_INSTANT_MS = 253_402_300_799_000;

function roleOf(payload: JWTPayload, { roleClaim, maxRole }: JwtSettings): Role | null {
  const value = payload[roleClaim] ?? roleClaim.split('.').reduce<unknown>(memberOf, payload);
  const named = new Set(Array.isArray(value) ? value : [value]);
  const highest = ROLES.findLast((role) => named.has(role));
  if (highest === undefined) return null;
  return ROLES.indexOf(highest) > ROLES.indexOf(maxRole) ? maxRole : highest;
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** Fixed words: what the library says may quote the token. Rethrows what is not the token's fault. */
function refusalOf(cause: unknown): string {
  if (cause instanceof errors.JWTExpired) return 'a JWT that is expired';
  if (cause instanceof errors.JWTClaimValidationFailed) return `a JWT whose ${claimName(cause.claim)} is not accepted`;
  if (cause instanceof errors.JOSEAlgNotAllowed) return 'a JWT with an algorithm that is not allowed';
  if (cause instanceof errors.JWSSignatureVerificationFailed) return 'a JWT with a wrong signature';
  if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys)
    return 'a JWT of a key that is not known';
  const isTheTokens = [errors.JWSInvalid, errors.JWTInvalid, errors.JOSENotSupported].some(
    (type) => cause instanceof type,
  );
  if (isTheTokens) return 'not a JWT that can be read';
  throw cause;
}

const claimName = (claim: string): string => (/^[a-z]{1,8}$/.test(claim) ? claim : 'claim');

async function keySource(where: string, nowMs: () => number): Promise<JWTVerifyGetKey> {
  if (!/^https?:/.test(where)) return fileKeys(where, nowMs);
  const keys = createRemoteJWKSet(new URL(where), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cooldownDuration: LOOK_AGAIN_MS,
    cacheMaxAge: KEYS_AGE_MS,
  });
  return (header, token) => keys(header, token);
}

/** Read anew when a key is not in it, so that a rotation needs no restart. */
async function fileKeys(path: string, nowMs: () => number): Promise<JWTVerifyGetKey> {
  const read = async (): Promise<JWTVerifyGetKey> => {
    const text: unknown = JSON.parse(await readFile(path, 'utf8'));
    return createLocalJWKSet(KeySetSchema.parse(text));
  };
  let [keys, readAtMs] = [await read(), nowMs()];
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (cause) {
      if (!(cause instanceof errors.JWKSNoMatchingKey) || nowMs() - readAtMs < LOOK_AGAIN_MS) throw cause;
      [keys, readAtMs] = [await read(), nowMs()];
      return keys(header, token);
    }
  };
}
