import { createSecretKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DataKeySchema, decrypt, encrypt, parseKeyRing } from '../credentials.ts';
import type { KeyRing } from '../credentials.ts';

/** Something sealed that does not open here. Says where and under which key; never what it holds. */
export class PayloadError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PayloadError';
  }
}

const VERSION = 'op1';
/** "op1.<key id>.<data key under the key>.<payload under the data key>": nothing else looks so. */
const SEALED = /^op1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{80})\.([A-Za-z0-9_-]+)$/;
const KEY_BYTES = 32;
/** What a data key is bound to: its place is the envelope. */
const DATA_KEY = 'orderplane data key';
/**
 * Payloads under one data key. Their nonces are drawn, so their number has to stay far below 2^32 (NIST SP 800-38D, 8.3);
 * a key for each of them, as credentials have one, would double the cost of every write.
 */
const MAX_SEALED = 2 ** 20;
/** Data keys that are held open: each process draws one in a million payloads. */
const MAX_OPENED = 4_096;

export const isSealed = (value: unknown): value is string => typeof value === 'string' && SEALED.test(value);

/** Text that is kept plain never looks sealed. */
export const plainText = (text: string): string => (text.startsWith(`${VERSION}.`) ? ` ${text}` : text);

/**
 * Seals what orders hold: AES-256-GCM in an envelope, as credentials have it (credentials.ts), under data keys of its own
 * that the ring's first key seals. Each payload is bound to its place: in another row or column it does not open.
 */
export class PayloadVault {
  readonly #ring: KeyRing;
  #current: { readonly key: KeyObject; readonly wrapped: string; sealed: number } | null = null;
  readonly #opened = new Map<string, KeyObject>();

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  get currentKeyId(): string {
    return this.#ring.currentId;
  }

  seal(boundTo: string, text: string): string {
    const { key, wrapped } = this.#dataKey();
    return `${VERSION}.${this.#ring.currentId}.${wrapped}.${encrypt(key, Buffer.from(text), boundTo).toString('base64url')}`;
  }

  /** Throws PayloadError: no envelope, a key that is not in the ring, bound to another place, or altered. */
  open(boundTo: string, sealed: string): string {
    const [, keyId = '', wrapped = '', body = ''] = SEALED.exec(sealed) ?? [];
    if (body === '') throw new PayloadError(`${boundTo}: not an envelope of ${VERSION}`);
    const key = this.#open(boundTo, keyId, wrapped);
    try {
      return decrypt(key, Buffer.from(body, 'base64url'), boundTo).toString();
    } catch {
      throw new PayloadError(`${boundTo} does not open: altered, or of another place`);
    }
  }

  /** The same payload with its data key under the ring's first key; null: it is so already. Throws PayloadError. */
  reseal(boundTo: string, sealed: string): string | null {
    const [, keyId = '', wrapped = '', body = ''] = SEALED.exec(sealed) ?? [];
    if (body === '') throw new PayloadError(`${boundTo}: not an envelope of ${VERSION}`);
    if (keyId === this.#ring.currentId) return null;
    const renewed = this.#wrap(this.#open(boundTo, keyId, wrapped));
    return `${VERSION}.${this.#ring.currentId}.${renewed}.${body}`;
  }

  #dataKey(): { readonly key: KeyObject; readonly wrapped: string } {
    if (this.#current === null || this.#current.sealed >= MAX_SEALED) {
      const key = createSecretKey(randomBytes(KEY_BYTES));
      this.#current = { key, wrapped: this.#wrap(key), sealed: 0 };
    }
    this.#current.sealed += 1;
    return this.#current;
  }

  #wrap(key: KeyObject): string {
    const master = this.#ring.keys.get(this.#ring.currentId);
    if (master === undefined) throw new PayloadError(`no data key "${this.#ring.currentId}"`);
    const bytes = key.export();
    const wrapped = encrypt(master, bytes, DATA_KEY).toString('base64url');
    bytes.fill(0);
    return wrapped;
  }

  #open(boundTo: string, keyId: string, wrapped: string): KeyObject {
    const name = `${keyId}.${wrapped}`;
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const master = this.#ring.keys.get(keyId);
    if (master === undefined)
      throw new PayloadError(`${boundTo} is sealed with key "${keyId}", which is not in ORDERPLANE_DATA_KEY`);
    let key: KeyObject;
    try {
      const bytes = decrypt(master, Buffer.from(wrapped, 'base64url'), DATA_KEY);
      key = createSecretKey(bytes);
      bytes.fill(0);
    } catch {
      throw new PayloadError(`${boundTo} does not open: its data key is altered, or of another key "${keyId}"`);
    }
    if (this.#opened.size >= MAX_OPENED) this.#opened.clear();
    this.#opened.set(name, key);
    return key;
  }
}

/** From ORDERPLANE_DATA_KEY; null where there is none. Throws CredentialsError. */
export const payloadVault = (dataKey: string | undefined): PayloadVault | null =>
  dataKey === undefined ? null : new PayloadVault(parseKeyRing(dataKey, 'ORDERPLANE_DATA_KEY'));

/** What every service reads: who has no key can neither seal orders nor read sealed ones. */
export const DATA_KEY_ENVIRONMENT = {
  ORDERPLANE_DATA_KEY: DataKeySchema.optional().describe(
    '"id:base64key", the key ring that seals orders and jobs (several: comma between them, the first seals); secret; the same for all services',
  ),
};
