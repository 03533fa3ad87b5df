import { describe, expect, test } from 'vitest';
import { generateMasterKey, parseKeyRing } from '../credentials.ts';
import { isSealed, PayloadError, payloadVault, plainText, PayloadVault } from './vault.ts';

const [old, fresh] = [generateMasterKey('old'), generateMasterKey('fresh')];
const vaultOf = (...keys: string[]) => new PayloadVault(parseKeyRing(keys.join(',')));

describe('the vault of payloads', () => {
  test('opens what it has sealed, in its place only', () => {
    const vault = vaultOf(old);
    const sealed = vault.seal('orders.spec:o1', '{"price":"50000"}');
    expect(isSealed(sealed)).toBe(true);
    expect(sealed).not.toContain('50000');
    expect(vault.open('orders.spec:o1', sealed)).toBe('{"price":"50000"}');
    expect(vaultOf(old).open('orders.spec:o1', sealed)).toBe('{"price":"50000"}');
    for (const place of ['orders.spec:o2', 'orders.machine:o1'])
      expect(() => vault.open(place, sealed)).toThrow(PayloadError);
    const altered = sealed.slice(0, -2) + (sealed.endsWith('AA') ? 'BB' : 'AA');
    expect(() => vault.open('orders.spec:o1', altered)).toThrow(/altered/);
    expect(() => vault.open('orders.spec:o1', 'op1.nothing')).toThrow(/not an envelope/);
    expect(vault.seal('orders.spec:o1', 'x')).not.toBe(vault.seal('orders.spec:o1', 'x'));
  });

  test('a new key takes over without the payload being opened, and the old one is not needed any more', () => {
    const sealed = vaultOf(old).seal('place', 'text');
    const resealed = vaultOf(fresh, old).reseal('place', sealed) ?? '';
    expect(vaultOf(fresh, old).reseal('place', resealed)).toBeNull();
    expect(vaultOf(fresh).open('place', resealed)).toBe('text');
    expect(resealed.split('.')[3]).toBe(sealed.split('.')[3]);
    expect(() => vaultOf(old).open('place', resealed)).toThrow(/key "fresh", which is not in ORDERPLANE_DATA_KEY/);
    expect(() => vaultOf(fresh).reseal('place', sealed)).toThrow(PayloadError);
    // Another key under the same id.
    expect(() => vaultOf(generateMasterKey('old')).open('place', sealed)).toThrow(/data key is altered/);
  });

  test('plain text never looks sealed', () => {
    const sealed = vaultOf(old).seal('place', 'text');
    expect(isSealed(plainText(sealed))).toBe(false);
    expect(plainText('the exchange is away')).toBe('the exchange is away');
  });

  test('is there with a key ring and not without; a ring that can’t be read names its variable', () => {
    expect(payloadVault(undefined)).toBeNull();
    expect(payloadVault(`${fresh},${old}`)?.currentKeyId).toBe('fresh');
    expect(() => payloadVault('nonsense')).toThrow(/ORDERPLANE_DATA_KEY, key 1/);
  });
});
