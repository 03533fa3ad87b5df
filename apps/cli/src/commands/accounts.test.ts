import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { serveGraphql } from '../testing.ts';
import type { Request } from '../testing.ts';
import { accountsCommand } from './accounts.ts';

const SECRETS = { apiKey: 'KEY-1', secret: 'SECRET-1', passphrase: 'PASS-1' };
const account = { id: 'a1', exchange: 'kraken', label: 'mine', mode: 'LIVE', halted: false, lastSyncedAt: null };
let directory = '';
let file = '';
let close: () => Promise<void>;
let requests: Request[] = [];
let answer: Record<string, unknown> = {};
let out = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'orderplane-cli-accounts-'));
  file = join(directory, 'key.json');
  await writeFile(file, JSON.stringify(SECRETS));
  const server = await serveGraphql((request) => {
    requests.push(request);
    return { body: { data: answer } };
  });
  close = server.close;
  vi.stubEnv('ORDERPLANE_URL', server.connection.http);
  vi.stubEnv('ORDERPLANE_TOKEN', 'op_test');
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
});
afterAll(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await close();
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  [requests, out] = [[], ''];
});

describe('accounts', () => {
  it('lists', async () => {
    answer = { accounts: [account] };
    expect(await accountsCommand([])).toBe(0);
    expect(out).toMatch(/a1 +kraken +LIVE +mine +no +never/);
    answer = { accounts: [] };
    await accountsCommand(['list']);
    expect(out).toContain('No accounts.');
  });

  it('links with credentials from a file or from stdin, and prints none of them', async () => {
    answer = { linkAccount: { account, userErrors: [] } };
    const link = ['link', '--exchange', 'kraken', '--mode', 'live', '--label', 'mine'];
    expect(await accountsCommand([...link, '--credentials', file])).toBe(0);
    expect(
      await accountsCommand([...link, '--credentials', '-'], Readable.from([Buffer.from(JSON.stringify(SECRETS))])),
    ).toBe(0);
    const input = { exchange: 'kraken', label: 'mine', mode: 'LIVE', credentials: SECRETS };
    expect(requests.map(({ variables }) => variables)).toEqual([{ input }, { input }]);
    expect(out).toBe('a1 linked\na1 linked\n');
    await accountsCommand(['link', '--exchange', 'binance', '--json']);
    expect(requests[2]?.variables['input']).toMatchObject({ mode: 'PAPER', credentials: null });
    expect(out).toContain(JSON.stringify(account));
    expect(out).not.toMatch(/KEY-1|SECRET|PASS/);
  });

  it('shows the sessions of an account', async () => {
    const session = { transition: 'INITIAL', name: null, subject: null, startedAt: '2026-01-01T00:00:00.000Z' };
    const ended = { ...session, id: 's1', active: false, endedAt: '2026-01-02T00:00:00.000Z', previous: null };
    const fork = { ...session, id: 's2', transition: 'FORK', name: 'desk', subject: '17' };
    answer = { sessions: [{ ...fork, active: true, endedAt: null, previous: { id: 's1' } }, ended] };
    expect(await accountsCommand(['sessions', 'a1'])).toBe(0);
    expect(requests[0]?.variables).toEqual({ accountId: 'a1' });
    expect(out).toMatch(/s2 +FORK +desk +17 +2026-01-01T00:00:00.000Z +active\n.*s1 +INITIAL +2026/);
    out = '';
    await accountsCommand(['sessions', 'a1', '--json']);
    expect(JSON.parse(out.split('\n')[1] ?? '')).toEqual(ended);
  });

  it('gives new credentials, and unlinks', async () => {
    answer = { rotateCredentials: { userErrors: [] }, unlinkAccount: { userErrors: [] } };
    expect(await accountsCommand(['rotate', 'a1', '--credentials', file])).toBe(0);
    expect(requests[0]?.variables).toEqual({ accountId: 'a1', credentials: SECRETS });
    expect(await accountsCommand(['unlink', 'a1'])).toBe(0);
    expect(requests[1]?.variables).toEqual({ accountId: 'a1' });
  });

  it('halts, says how much is left, and resumes', async () => {
    const halted = (remainingCount: number) => ({
      haltAccount: {
        account: { id: 'a1', halt: { since: '2026-01-01T00:00:00.000Z', remainingCount } },
        userErrors: [],
      },
      resumeAccount: { userErrors: [] },
    });
    answer = halted(2);
    expect(await accountsCommand(['halt', 'a1'])).toBe(0);
    expect(requests[0]?.variables).toEqual({ accountId: 'a1', cancelOpen: true });
    expect(out).toBe('a1 halted; 2 orders are being cancelled\n');
    answer = halted(0);
    await accountsCommand(['halt', 'a1', '--keep-open']);
    expect(requests[1]?.variables).toEqual({ accountId: 'a1', cancelOpen: false });
    expect(out).toContain('a1 halted\n');
    expect(await accountsCommand(['resume', 'a1'])).toBe(0);
    expect(out).toContain('a1 takes orders again');
  });

  it("sets the dead man's switch, and says whether the exchange has confirmed it", async () => {
    const set = (deadMansSwitch: object | null) => ({
      setDeadMansSwitch: { account: { id: 'a1', deadMansSwitch }, userErrors: [] },
    });
    answer = set({ timeoutSeconds: 60, armedUntil: '2026-01-01T00:01:00.000Z', lastError: null });
    expect(await accountsCommand(['dead-mans-switch', 'a1', '60'])).toBe(0);
    expect(requests[0]?.variables).toEqual({ accountId: 'a1', timeoutSeconds: 60 });
    expect(out).toBe("a1 has a dead man's switch of 60 s\n");
    answer = set({ timeoutSeconds: 60, armedUntil: null, lastError: 'no permission' });
    await accountsCommand(['dead-mans-switch', 'a1', '60']);
    expect(out).toContain('60 s; not confirmed by the exchange yet: no permission\n');
    answer = set(null);
    await accountsCommand(['dead-mans-switch', 'a1', 'off']);
    expect(requests[2]?.variables).toEqual({ accountId: 'a1', timeoutSeconds: null });
    expect(out).toContain("a1 has no dead man's switch\n");
  });

  it('sets what is kept of orders, leaves out what was not named, and forgets the cache', async () => {
    const privacy = { cacheOpenOrders: false, encryptAtRest: true, historyRetentionDays: 0, converting: true };
    answer = { setPrivacy: { account: { id: 'a1', privacy }, userErrors: [] } };
    const words = ['privacy', 'a1', '--cache', 'off', '--encrypt', 'on', '--keep-days', '0'];
    expect(await accountsCommand(words)).toBe(0);
    const { converting: _progress, ...settings } = privacy;
    expect(requests[0]?.variables).toEqual({ input: { accountId: 'a1', ...settings } });
    expect(out).toBe(
      'a1 orders are not cached in Redis, encrypted at rest (earlier ones are being converted), purged at their end\n',
    );
    await accountsCommand(['privacy', 'a1', '--keep-days', 'all']);
    expect(requests[1]?.variables).toEqual({ input: { accountId: 'a1', historyRetentionDays: null } });
    answer = { clearOrderCache: { account: { id: 'a1' }, userErrors: [] } };
    expect(await accountsCommand(['clear-cache', 'a1'])).toBe(0);
    expect(out).toContain('a1 has no cached orders\n');
  });

  it('says why it was refused, with the code', async () => {
    const userErrors = [{ code: 'INVALID_INPUT', message: 'this key may withdraw', field: ['credentials'] }];
    answer = { rotateCredentials: { userErrors } };
    await expect(accountsCommand(['rotate', 'a1', '--credentials', file])).rejects.toMatchObject({
      message: 'INVALID_INPUT: this key may withdraw',
      exitCode: 1,
    });
  });

  it.each([
    [['link'], /needs --exchange/],
    [['rotate', 'a1'], /needs --credentials/],
    [['rotate', '--credentials', '-'], /one account id/],
    [['unlink'], /one account id/],
    [['sessions'], /one account id/],
    [['halt'], /one account id/],
    [['unlink', 'a', 'b'], /one account id/],
    [['dead-mans-switch', 'a'], /whole seconds or "off"/],
    [['dead-mans-switch', 'a', '-5'], /-5/],
    [['dead-mans-switch', 'a', 'soon'], /whole seconds or "off"/],
    [['dead-mans-switch', 'a', '60', 'more'], /one account id/],
    [['privacy', 'a'], /needs --cache/],
    [['privacy', 'a', '--cache', 'maybe'], /"on" or "off"/],
    [['privacy', 'a', '--keep-days', '-1'], /keep-days/],
    [['privacy', 'a', '--keep-days', 'two'], /a number of days, or "all"/],
    [['clear-cache'], /one account id/],
    [['dance'], /unknown: accounts dance/],
    [['link', '--secret', 'x'], /--secret/],
    [['link', '--exchange', 'kraken', '--credentials', '/nowhere'], /can't be read/],
  ])('%j is a wrong call', async (argv, message) => {
    await expect(accountsCommand(argv)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message) as string,
    });
    expect(requests).toEqual([]);
  });

  it('quotes nothing of a file that holds something else', async () => {
    for (const text of ['SECRET-1', '{"apiKey":"KEY-1","secret":5}', `{"secret":"SECRET-1"}`, 'x'.repeat(70_000)]) {
      const failure = accountsCommand(['rotate', 'a1', '--credentials', '-'], Readable.from([Buffer.from(text)]));
      await expect(failure).rejects.toMatchObject({ message: expect.not.stringMatching(/SECRET|KEY-1/) as string });
    }
  });

  describe('limits', () => {
    const risk = {
      ...{ maxOrderNotional: '1000', maxOpenNotional: null, maxOpenOrders: 5 },
      ...{ priceCollar: '0.05', rejectDuplicates: true },
    };

    it('are shown', async () => {
      answer = { account: { id: 'a1', risk } };
      expect(await accountsCommand(['limits', 'a1'])).toBe(0);
      expect(out).toMatch(/max-order-notional +1000\n/);
      expect(out).toMatch(/max-open-notional +none\n/);
      expect(out).toMatch(/reject-duplicates +yes\n/);
      answer = { account: null };
      await expect(accountsCommand(['limits', 'a2'])).rejects.toThrow('there is no account a2');
    });

    it('are changed: what is not given stays as it is', async () => {
      answer = { setRiskLimits: { account: { id: 'a1', risk }, userErrors: [] } };
      const flags = ['--max-open-notional', 'none', '--max-open-orders', '5', '--reject-duplicates', 'yes', '--json'];
      expect(await accountsCommand(['limits', 'a1', ...flags])).toBe(0);
      expect(requests.at(-1)?.variables).toEqual({
        input: { accountId: 'a1', maxOpenNotional: null, maxOpenOrders: 5, rejectDuplicates: true },
      });
      expect(JSON.parse(out)).toEqual({ id: 'a1', risk });
    });

    it('that make no sense are not sent, or told in the words of the service', async () => {
      await expect(accountsCommand(['limits', 'a1', '--max-open-orders', '1.5'])).rejects.toThrow('whole number');
      await expect(accountsCommand(['limits', 'a1', '--reject-duplicates', 'maybe'])).rejects.toThrow('yes or no');
      const error = { code: 'INVALID_INPUT', message: 'priceCollar: is a fraction', field: ['input', 'priceCollar'] };
      answer = { setRiskLimits: { account: null, userErrors: [error] } };
      await expect(accountsCommand(['limits', 'a1', '--price-collar', '5'])).rejects.toThrow(
        'INVALID_INPUT: priceCollar: is a fraction',
      );
    });
  });
});
