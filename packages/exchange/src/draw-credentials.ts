import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { AccountCredentials, ExchangeCapabilities } from './adapter.ts';

/** Fresh credentials of the shape that the exchange's keys have, for accounts at the simulator. */
export function drawCredentials(shape: ExchangeCapabilities['credentials']): AccountCredentials {
  const es256 = (): string =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  return {
    apiKey: randomBytes(24).toString('hex'),
    // Base64, for exchanges that take the secret as such.
    secret: shape.secret === 'es256' ? es256() : randomBytes(48).toString('base64'),
    ...(shape.passphrase ? { passphrase: randomBytes(12).toString('hex') } : {}),
  };
}
