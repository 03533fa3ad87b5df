import { createHash, randomBytes } from 'node:crypto';

/** `op_<prefix>_<secret>`: the prefix (8 hex digits) may be shown and logged, the secret (256 bits) never. */
const TOKEN = /^op_([0-9a-f]{8})_([A-Za-z0-9_-]{43})$/;

export interface ApiToken {
  /** Shown once, kept nowhere. */
  readonly token: string;
  /** "op_1a2b3c4d": names the token in lists and logs. */
  readonly prefix: string;
  /** What the store keeps. */
  readonly tokenHash: string;
}

/**
 * SHA-256 in hex. A plain hash suffices, because a token is 256 random bits and not a password. Looking a hash up in an
 * index leaks nothing useful by its timing: an attacker cannot choose hashes digit by digit.
 */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');

export function createApiToken(random: (bytes: number) => Buffer = randomBytes): ApiToken {
  const prefix = `op_${random(4).toString('hex')}`;
  const token = `${prefix}_${random(32).toString('base64url')}`;
  return { token, prefix, tokenHash: hashToken(token) };
}

/** False for text that cannot be one of our tokens: it need not reach the database. */
export const isApiToken = (text: string): boolean => TOKEN.test(text);
