import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EXCHANGE_IDS } from '@orderplane/domain';
import type { CredentialsVerdict } from '@orderplane/exchange';
import { capabilitiesOf, drawCredentials } from '@orderplane/exchange/capabilities';
import { adapterOf, openAccount, startSimulator } from './simulator.ts';
import type { Account, Simulator } from './simulator.ts';

/** What each exchange says of a key, through the real ccxt classes against the real simulator process. */

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.stop());
afterEach(() => simulator.admin('DELETE', '/faults'));

async function check(account: Account, timeoutMs = 5_000): Promise<CredentialsVerdict> {
  const adapter = adapterOf(simulator, account);
  try {
    const verdict = await adapter.checkCredentials({ timeoutMs });
    const { apiKey, secret, passphrase = secret } = account;
    for (const part of [apiKey, secret, passphrase]) expect(JSON.stringify(verdict)).not.toContain(part);
    return verdict;
  } finally {
    await adapter.close();
  }
}

describe.each(EXCHANGE_IDS)('%s', (exchange) => {
  const drawn = () => drawCredentials(capabilitiesOf(exchange).credentials);

  it('takes a good key, may not withdraw with it, and places nothing', async () => {
    const account = await openAccount(simulator, exchange);
    const verdict = await check(account);
    expect(verdict.kind).toBe('accepted');
    if (verdict.kind === 'accepted') expect(verdict.permissions.withdraw).not.toBe(true);
    expect((await simulator.ledger(exchange, account.apiKey)).orders).toEqual([]);
  });

  it('tells what the key may do, if it tells anything', async () => {
    const account = { exchange, ...drawn() };
    await simulator.admin('POST', '/accounts', { ...account, permissions: { trade: false, withdraw: true } });
    const verdict = await check(account);
    if (verdict.kind !== 'accepted') throw new Error(verdict.message);
    expect([true, null]).toContain(verdict.permissions.withdraw);
    expect([false, null]).toContain(verdict.permissions.trade);
  });

  it('refuses an unknown key, another secret, and the key that it is made to refuse', async () => {
    const account = await openAccount(simulator, exchange);
    const unknown = await check({ exchange, ...drawn() });
    const wrongSecret = await check({ ...drawn(), exchange, apiKey: account.apiKey });
    await simulator.admin('POST', '/faults', { exchange, fault: 'authFail', times: 10 });
    expect([unknown.kind, wrongSecret.kind, (await check(account)).kind]).toEqual(['refused', 'refused', 'refused']);
  });

  it('a listing that is refused for its key says so; one that fails otherwise does not', async () => {
    const good = adapterOf(simulator, await openAccount(simulator, exchange));
    // Loads the markets, which all accounts of the process share.
    expect((await good.openOrders({ timeoutMs: 5_000 })).coverage.complete).toBe(true);
    const unknown = adapterOf(simulator, { exchange, ...drawn() });
    const { coverage } = await unknown.openOrders({ timeoutMs: 5_000 });
    expect(coverage).toMatchObject({ complete: false, keyRefused: true });
    await simulator.admin('POST', '/faults', { exchange, fault: 'error5xxBefore', times: 10, method: 'list' });
    expect((await good.openOrders({ timeoutMs: 5_000 })).coverage.keyRefused).toBeUndefined();
    await Promise.all([good.close(), unknown.close()]);
  });

  it('says nothing of a key when it does not answer', async () => {
    const account = await openAccount(simulator, exchange);
    for (const fault of ['error5xxBefore', 'dropBeforeAccept', 'bodyCut', 'rateLimit', 'maintenance']) {
      await simulator.admin('POST', '/faults', { exchange, fault, times: 10, method: 'any' });
      expect([fault, (await check(account)).kind]).toEqual([fault, 'unknown']);
      await simulator.admin('DELETE', '/faults');
    }
    await simulator.admin('POST', '/faults', { exchange, fault: 'bodyStall', times: 10, method: 'any' });
    expect((await check(account, 300)).kind).toBe('unknown');
  });

  it('keys of one account have one owner, those of another have another', async () => {
    const account = await openAccount(simulator, exchange);
    const second = { exchange, ...drawn() };
    await simulator.admin('POST', '/accounts', { ...second, sameAs: account.apiKey });
    const owners = [];
    for (const one of [account, second, await openAccount(simulator, exchange)]) {
      const verdict = await check(one);
      owners.push(verdict.kind === 'accepted' ? verdict.owner : verdict);
    }
    const [own, same, other] = owners;
    expect(same).toEqual(own);
    if (own !== null) expect(other).not.toEqual(own);
    await simulator.admin('POST', '/accounts/revoke', { exchange, apiKey: account.apiKey });
    expect([(await check(account)).kind, (await check(second)).kind]).toEqual(['refused', 'accepted']);
  });
});
