import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CcxtInstance } from './ccxt.ts';
import type { KeyCheck, KeyQuestions } from './key-check.ts';
import type { KeyVerdict } from './outcome.ts';
import { binanceKeyCheck } from './venues/binance/permissions.ts';
import { coinbaseKeyCheck } from './venues/coinbase/permissions.ts';
import { deribitKeyCheck } from './venues/deribit/permissions.ts';
import { krakenKeyCheck } from './venues/kraken/permissions.ts';
import { kucoinKeyCheck } from './venues/kucoin/permissions.ts';
import { mexcKeyCheck } from './venues/mexc/permissions.ts';
import { okxKeyCheck } from './venues/okx/permissions.ts';

/** What each exchange's answers mean: payloads as their documentation shows them, by ccxt's name of the endpoint. */
type Answers = Readonly<Record<string, unknown>>;
const REFUSED: KeyVerdict = { kind: 'refused', nativeCode: 'no', message: 'no' };
const FAILED: KeyVerdict = { kind: 'failed', nativeCode: 'HTTP 503', message: 'down', retryAfterMs: null };

interface Asked {
  readonly endpoint: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A verdict stands for itself; anything else is the payload of a success. */
async function run(check: KeyCheck, answers: Answers, over: Partial<KeyQuestions> = {}) {
  const asked: Asked[] = [];
  const instance = new Proxy({} as CcxtInstance, {
    get: (_target, endpoint) => (parameters: Asked['parameters']) => {
      asked.push({ endpoint: String(endpoint), parameters });
      return Promise.resolve();
    },
  });
  const verdict = await check.check({
    instance,
    mode: 'LIVE',
    credentials: { apiKey: 'key', secret: 'secret' },
    clock: { now: () => 1_763_640_000_000 },
    ask: async (question) => {
      await question();
      const answer = answers[asked.at(-1)?.endpoint ?? ''];
      if (answer === REFUSED || answer === FAILED) return answer as KeyVerdict;
      if (typeof answer === 'object' && answer !== null && 'kind' in answer) return answer as KeyVerdict;
      return { kind: 'success', payload: answer };
    },
    ...over,
  });
  return { verdict, asked };
}
const accepted = (read: boolean | null, trade: boolean | null, withdraw: boolean | null, owner: string | null) => ({
  kind: 'accepted',
  permissions: { read, trade, withdraw },
  owner,
});

const ACCOUNT = { canTrade: true, canWithdraw: true, uid: 354_937_868, balances: [] };
const RESTRICTIONS = { enableReading: true, enableSpotAndMarginTrading: true, enableWithdrawals: false };
const binance = (restrictions: unknown) => ({
  privateGetAccount: ACCOUNT,
  sapiGetAccountApiRestrictions: restrictions,
});
const kraken = (...permissions: readonly string[]) => ({
  privatePostGetApiKeyInfo: { apiKeyName: 'k', apiKey: 'key', permissions, iban: 'AA88 N84G WOAK NMOI' },
});
const okx = (perm: unknown) => ({ privateGetAccountConfig: { code: '0', data: [{ uid: '44', mainUid: '4', perm }] } });
const deribit = (scope: string) => ({
  publicGetAuth: { access_token: 't', scope, token_type: 'bearer' },
  privateGetGetAccountSummary: { id: 7, currency: 'BTC' },
});

const CASES: readonly (readonly [string, KeyCheck, Answers, unknown])[] = [
  ['binance: reads and trades', binanceKeyCheck, binance(RESTRICTIONS), accepted(true, true, false, '354937868')],
  [
    'binance: withdraws',
    binanceKeyCheck,
    binance({ ...RESTRICTIONS, enableWithdrawals: true }),
    accepted(true, true, true, '354937868'),
  ],
  [
    'binance: moves money to other accounts',
    binanceKeyCheck,
    binance({ ...RESTRICTIONS, permitsUniversalTransfer: true }),
    accepted(true, true, true, '354937868'),
  ],
  ['binance: tells nothing', binanceKeyCheck, binance({}), accepted(null, null, null, '354937868')],
  [
    'kraken: reads and trades',
    krakenKeyCheck,
    kraken('query-funds', 'query-open-trades', 'modify-trades'),
    accepted(true, true, false, 'AA88 N84G WOAK NMOI'),
  ],
  [
    'kraken: withdraws',
    krakenKeyCheck,
    kraken('query-open-trades', 'modify-trades', 'withdraw-funds'),
    accepted(true, true, true, 'AA88 N84G WOAK NMOI'),
  ],
  [
    'kraken: only looks',
    krakenKeyCheck,
    kraken('query-open-trades'),
    accepted(true, false, false, 'AA88 N84G WOAK NMOI'),
  ],
  [
    'coinbase',
    coinbaseKeyCheck,
    {
      v3PrivateGetBrokerageKeyPermissions: {
        can_view: true,
        can_trade: false,
        can_transfer: true,
        portfolio_uuid: 'p',
      },
    },
    accepted(true, false, true, 'p'),
  ],
  [
    'kucoin: reads and trades',
    kucoinKeyCheck,
    { privateGetUserApiKey: { permission: 'General,Spot,InnerTransfer,FlexTransfers', uid: 5 } },
    accepted(true, true, false, '5'),
  ],
  [
    'kucoin: withdraws',
    kucoinKeyCheck,
    { privateGetUserApiKey: { permission: 'General, Spot, Withdrawal', uid: 5 } },
    accepted(true, true, true, '5'),
  ],
  [
    'kucoin: the older name',
    kucoinKeyCheck,
    { privateGetUserApiKey: { permission: 'General,Trade,Transfer' } },
    accepted(true, true, true, null),
  ],
  [
    'mexc tells of the account, not of the key',
    mexcKeyCheck,
    { spotPrivateGetAccount: { canTrade: true, canWithdraw: true } },
    accepted(true, null, null, null),
  ],
  ['okx: reads and trades', okxKeyCheck, okx('read_only,trade'), accepted(true, true, false, '44')],
  ['okx: withdraws', okxKeyCheck, okx('trade,withdraw'), accepted(true, true, true, '44')],
  ['okx: only looks', okxKeyCheck, okx('read_only'), accepted(true, false, false, '44')],
  ['okx: tells nothing', okxKeyCheck, okx(undefined), accepted(true, null, null, '44')],
  [
    'okx: an unwrapped list',
    okxKeyCheck,
    { privateGetAccountConfig: [{ uid: '44', perm: 'trade' }] },
    accepted(true, true, false, '44'),
  ],
  [
    'deribit: reads and trades',
    deribitKeyCheck,
    deribit('account:read trade:read_write wallet:none expires:2592000'),
    accepted(true, true, false, '7'),
  ],
  [
    'deribit: withdraws',
    deribitKeyCheck,
    deribit('account:read trade:read_write wallet:read_write'),
    accepted(true, true, true, '7'),
  ],
  [
    'deribit: only looks',
    deribitKeyCheck,
    { ...deribit('trade:read'), privateGetGetAccountSummary: REFUSED },
    accepted(true, false, false, null),
  ],
];

describe('what a key may do', () => {
  it.each(CASES)('%s', async (_name, check, answers, expected) => {
    expect((await run(check, answers)).verdict).toEqual(expected);
  });

  it('binance’s testnet has no permissions to ask for', async () => {
    const { verdict, asked } = await run(binanceKeyCheck, binance(REFUSED), { mode: 'SANDBOX' });
    expect(verdict).toEqual(accepted(null, null, null, '354937868'));
    expect(asked).toHaveLength(1);
  });

  it('an older kraken proves the key by its balance', async () => {
    const unknown = { kind: 'failed', nativeCode: 'EGeneral:Unknown method', message: '', retryAfterMs: null };
    const { verdict } = await run(krakenKeyCheck, { privatePostGetApiKeyInfo: unknown, privatePostBalance: {} });
    expect(verdict).toEqual(accepted(true, null, null, null));
    const refused = await run(krakenKeyCheck, { privatePostGetApiKeyInfo: unknown, privatePostBalance: REFUSED });
    expect(refused.verdict.kind).toBe('refused');
  });

  it('deribit is asked with a signature, not with the secret', async () => {
    const { asked } = await run(deribitKeyCheck, deribit('trade:read_write'));
    const { signature, nonce, timestamp, ...rest } = asked[0]?.parameters ?? {};
    const signed = createHmac('sha256', 'secret')
      .update(`${String(timestamp)}\n${String(nonce)}\n`)
      .digest('hex');
    expect([signature, rest]).toEqual([signed, { grant_type: 'client_signature', client_id: 'key', data: '' }]);
  });
});

describe.each(
  CASES.filter(
    ([name], index, all) => all.findIndex(([other]) => other.split(':')[0] === name.split(':')[0]) === index,
  ),
)('%s', (_name, check, answers) => {
  it('passes on a refusal and a failure, and takes nothing unreadable for good', async () => {
    const [first = ''] = (await run(check, answers)).asked.map(({ endpoint }) => endpoint);
    expect((await run(check, { ...answers, [first]: REFUSED })).verdict.kind).toBe('refused');
    expect((await run(check, { ...answers, [first]: FAILED })).verdict.kind).toBe('unknown');
    for (const nonsense of [null, 'text', []])
      expect((await run(check, { ...answers, [first]: nonsense })).verdict.kind).toBe('unknown');
  });
});
