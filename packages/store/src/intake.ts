import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Account, AccountStore } from './contracts.ts';
import { CredentialsError, decrypt, encrypt, openSecret, readCredentials, sealSecret } from './credentials.ts';
import type { Credentials, KeyRing } from './credentials.ts';
import { SERVICE_KEY_PREFIX } from './service-keys.ts';

/**
 * How credentials travel from who receives them (the gateway) to who may use them (the services that call exchanges):
 * sealed for a public key, X25519 and HKDF-SHA256 to a key of AES-256-GCM. The gateway can seal and never open; the
 * private half is in the database, sealed with the master key, which only the latter services have.
 */
const VERSION = 'x1';
const NAME = 'intake';
const BOUND_TO = `${SERVICE_KEY_PREFIX}${NAME}`;
const KEY_BYTES = 32;

const fromBase64 = (publicKey: string): KeyObject =>
  createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
const toBase64 = (publicKey: KeyObject): string => publicKey.export({ format: 'der', type: 'spki' }).toString('base64');

const derive = (secret: Buffer, salt: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, `orderplane ${purpose}`, KEY_BYTES));

/** The public half, or null: no service that checks credentials has started yet. */
export const intakeKey = async (accounts: Pick<AccountStore, 'serviceKey'>): Promise<string | null> =>
  (await accounts.serviceKey(NAME))?.publicKey ?? null;

/** "x1.<ephemeral public key>.<credentials>", for one candidate only: under another one's id it does not open. */
export function sealForIntake(publicKey: string, candidateId: string, credentials: Credentials): string {
  const ephemeral = generateKeyPairSync('x25519');
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: fromBase64(publicKey) });
  const sender = toBase64(ephemeral.publicKey);
  const plain = Buffer.from(JSON.stringify(credentials));
  try {
    const body = encrypt(derive(shared, sender + publicKey, 'intake'), plain, candidateId);
    return [VERSION, Buffer.from(sender, 'base64').toString('base64url'), body.toString('base64url')].join('.');
  } finally {
    shared.fill(0);
    plain.fill(0);
  }
}

/** The holder's side. */
export interface Intake {
  /** Throws CredentialsError: altered, or of another candidate or key. */
  open(candidateId: string, sealed: string): Credentials;
  /**
   * Keyed hash by which an API key, or the exchange's own name of an account, is recognized without being kept; the same
   * whatever the master key is. The same value in another mode is another one: it is another exchange.
   */
  fingerprint(of: 'key' | 'owner', place: Pick<Account, 'exchange' | 'mode'>, value: string): string;
}

/** Makes the key pair when there is none yet. Throws CredentialsError when the ring lacks the key that sealed it. */
export async function openIntake(
  accounts: Pick<AccountStore, 'serviceKey' | 'addServiceKey'>,
  ring: KeyRing,
  now: string,
): Promise<Intake> {
  const kept = (await accounts.serviceKey(NAME)) ?? (await accounts.addServiceKey(NAME, newKeyPair(ring), now));
  const der = openSecret(ring, BOUND_TO, kept.sealedPrivateKey, 'the intake key does');
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const fingerprintKey = derive(der, '', 'fingerprint');
  der.fill(0);
  return {
    open: (candidateId, sealed) => {
      const what = `credentials of candidate ${candidateId}`;
      const [version, sender = '', body = ''] = sealed.split('.');
      if (version !== VERSION) throw new CredentialsError(`${what}: not a ${VERSION} envelope`);
      return readCredentials(opened(privateKey, kept.publicKey, sender, body, candidateId, what), what);
    },
    fingerprint: (of, { exchange, mode }, value) =>
      createHmac('sha256', fingerprintKey)
        .update(JSON.stringify([of, exchange, mode, value]))
        .digest('base64url'),
  };
}

function opened(
  privateKey: KeyObject,
  publicKey: string,
  sender: string,
  body: string,
  candidateId: string,
  what: string,
): Buffer {
  try {
    const ephemeral = Buffer.from(sender, 'base64url').toString('base64');
    const shared = diffieHellman({ privateKey, publicKey: fromBase64(ephemeral) });
    const plain = decrypt(derive(shared, ephemeral + publicKey, 'intake'), Buffer.from(body, 'base64url'), candidateId);
    shared.fill(0);
    return plain;
  } catch {
    throw new CredentialsError(`${what} do not open: altered, or of another candidate or key`);
  }
}

function newKeyPair(ring: KeyRing): { readonly publicKey: string; readonly sealedPrivateKey: string } {
  const pair = generateKeyPairSync('x25519');
  const der = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
  return { publicKey: toBase64(pair.publicKey), sealedPrivateKey: sealSecret(ring, BOUND_TO, der) };
}
