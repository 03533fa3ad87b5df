import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';

export const CredentialsSchema = z.object({
  apiKey: z.string(),
  secret: z.string(),
  passphrase: z.string().exactOptional(),
});
export type Credentials = z.infer<typeof CredentialsSchema>;

/** Says what failed and for which account or key id; never holds a secret, nor a cause that could. */
export class CredentialsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CredentialsError';
  }
}

/** Master keys by id. Key objects print as opaque handles, so a logged ring shows no key. */
export interface KeyRing {
  /** Seals; every key of the ring opens. */
  readonly currentId: string;
  readonly keys: ReadonlyMap<string, KeyObject>;
}

const VERSION = 'v1';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

/** Reads "id:base64[,id2:base64]", 32 bytes each; the first seals. `variable`: where it stands. Throws CredentialsError. */
export function parseKeyRing(text: string, variable = 'ORDERPLANE_MASTER_KEY'): KeyRing {
  const keys = new Map<string, KeyObject>();
  for (const [index, entry] of text.split(',').entries()) {
    const cut = entry.indexOf(':');
    const id = entry.slice(0, Math.max(cut, 0)).trim();
    const where = `${variable}, key ${index + 1}`;
    if (!KEY_ID.test(id)) throw new CredentialsError(`${where}: expected "id:base64" with an id of letters and digits`);
    if (keys.has(id)) throw new CredentialsError(`${where}: the id "${id}" stands there twice`);
    const bytes = Buffer.from(entry.slice(cut + 1).trim(), 'base64');
    if (bytes.length !== KEY_BYTES) {
      throw new CredentialsError(`${where}: expected ${KEY_BYTES} bytes of base64, got ${bytes.length}`);
    }
    keys.set(id, createSecretKey(bytes));
    bytes.fill(0);
  }
  const [currentId] = keys.keys();
  if (currentId === undefined) throw new CredentialsError(`${variable} is empty`);
  return { currentId, keys };
}

/** For a service's environment, so that a key ring that can't be read is told together with what else is wrong. */
const keyRingSchema = (variable: string): z.ZodType<string> =>
  z.string().superRefine((text, issues) => {
    try {
      parseKeyRing(text, variable);
    } catch (cause) {
      issues.addIssue({
        code: 'custom',
        message: cause instanceof CredentialsError ? cause.message : 'not a key ring',
      });
    }
  });
export const MasterKeySchema = keyRingSchema('ORDERPLANE_MASTER_KEY');
export const DataKeySchema = keyRingSchema('ORDERPLANE_DATA_KEY');

/** One entry for a key ring, freshly drawn. */
export const generateMasterKey = (id: string): string => `${id}:${randomBytes(KEY_BYTES).toString('base64')}`;

/** iv | ciphertext | tag */
export function encrypt(key: KeyObject | Buffer, plain: Buffer, boundTo: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(boundTo));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Throws when a byte was altered or it is bound to something else. */
export function decrypt(key: KeyObject | Buffer, sealed: Buffer, boundTo: string): Buffer {
  if (sealed.length < IV_BYTES + TAG_BYTES) throw new RangeError('too short');
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(boundTo));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
}

/**
 * "v1.<key id>.<data key under the master key>.<secret under the data key>". A fresh data key per secret; both layers
 * are bound to a name, so that an envelope moved to another row does not open. `plain` is wiped.
 */
export function sealSecret(ring: KeyRing, boundTo: string, plain: Buffer): string {
  const master = ring.keys.get(ring.currentId);
  if (master === undefined) throw new CredentialsError(`no master key "${ring.currentId}"`);
  const dataKey = randomBytes(KEY_BYTES);
  try {
    const wrapped = encrypt(master, dataKey, boundTo).toString('base64url');
    const body = encrypt(dataKey, plain, boundTo).toString('base64url');
    return [VERSION, ring.currentId, wrapped, body].join('.');
  } finally {
    dataKey.fill(0);
    plain.fill(0);
  }
}

/** Throws CredentialsError: another version, an unknown key id, bound to another name, or an altered envelope. */
export function openSecret(ring: KeyRing, boundTo: string, sealed: string, what: string): Buffer {
  const [version, keyId = '', wrapped = '', body = ''] = sealed.split('.');
  if (version !== VERSION) throw new CredentialsError(`${what}: not a ${VERSION} envelope`);
  const master = ring.keys.get(keyId);
  if (master === undefined) {
    const named = KEY_ID.test(keyId) ? keyId : '?';
    throw new CredentialsError(`${what}: sealed with key "${named}", which is not in the ring`);
  }
  try {
    const dataKey = decrypt(master, Buffer.from(wrapped, 'base64url'), boundTo);
    const plain = decrypt(dataKey, Buffer.from(body, 'base64url'), boundTo);
    dataKey.fill(0);
    return plain;
  } catch {
    throw new CredentialsError(`${what} do not open: altered, or of another account or key`);
  }
}

/** The id of the master key that sealed it; null when it is no envelope of ours. */
export function keyIdOf(sealed: string): string | null {
  const [version, keyId] = sealed.split('.');
  return version === VERSION && keyId !== undefined && KEY_ID.test(keyId) ? keyId : null;
}

export const sealCredentials = (ring: KeyRing, accountId: string, credentials: Credentials): string =>
  sealSecret(ring, accountId, Buffer.from(JSON.stringify(credentials)));

/** Throws CredentialsError, as `openSecret`. */
export function openCredentials(ring: KeyRing, accountId: string, sealed: string): Credentials {
  const what = `credentials of account ${accountId}`;
  return readCredentials(openSecret(ring, accountId, sealed, what), what);
}

/** Wipes `plain`. */
export function readCredentials(plain: Buffer, what: string): Credentials {
  try {
    return CredentialsSchema.parse(JSON.parse(plain.toString()));
  } catch {
    // The cause is dropped on purpose: a parser's message could quote the plain text.
    throw new CredentialsError(`${what} do not open: altered, or of another account or key`);
  } finally {
    plain.fill(0);
  }
}
