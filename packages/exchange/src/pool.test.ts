import { beforeEach, describe, expect, it } from 'vitest';
import type { CancelOutcome, ExchangeAdapter, SubmitOutcome, SubmitRequest } from './adapter.ts';
import { capabilitiesOf } from './capabilities.ts';
import { createAdapterPool } from './pool.ts';
import type { AdapterPool } from './pool.ts';

/** The exchange's side: which key it takes; every adapter that was ever made, with the key it was made with. */
const made: { readonly apiKey: string; closed: boolean; gate: Promise<void> }[] = [];
let takenKey = 'key-1';
/** The store's side. */
let current: { id: string; apiKey: string } | null = null;
let storeFails = false;
let pool: AdapterPool;

const CONTROL = { timeoutMs: 1_000 };
const REQUEST: SubmitRequest = {
  venueClientId: 'c',
  deadlineAt: new Date(0).toISOString(),
  spec: {
    ...{ symbol: 'BTC-USDT', side: 'BUY', type: 'LIMIT', size: '1', quoteSize: null, price: '1', stopPrice: null },
    ...{ timeInForce: 'GTC', expiresAt: null, postOnly: false, reduceOnly: false },
  },
};
const CANCEL = { symbol: 'BTC-USDT', venueClientId: 'c', venueOrderId: null, deadlineAt: new Date(0).toISOString() };

function adapterWith(apiKey: string): ExchangeAdapter {
  const self = { apiKey, closed: false, gate: Promise.resolve() };
  made.push(self);
  const answer = async (): Promise<CancelOutcome & SubmitOutcome> => {
    await self.gate;
    return apiKey === takenKey
      ? { kind: 'unknown', nativeCode: null, message: 'taken' }
      : { kind: 'auth', nativeCode: '-2015', message: 'refused' };
  };
  const unused = (): never => {
    throw new Error('not in this test');
  };
  return {
    capabilities: capabilitiesOf('binance'),
    submit: answer,
    cancel: answer,
    amend: answer,
    lookup: unused,
    openOrders: unused,
    fills: unused,
    funds: unused,
    watchOrders: unused,
    reserve: unused,
    setDeadMansSwitch: unused,
    checkCredentials: unused,
    close: async () => {
      self.closed = true;
    },
  };
}

beforeEach(() => {
  made.length = 0;
  takenKey = 'key-1';
  current = { id: 'credentials-1', apiKey: 'key-1' };
  storeFails = false;
  pool = createAdapterPool({
    load: async (accountId) => {
      if (current === null) throw new Error('no such account');
      const credentials = { apiKey: current.apiKey, secret: 's' };
      return { context: { accountId, exchange: 'binance', mode: 'PAPER', credentials }, credentialsId: current.id };
    },
    create: ({ credentials }) => adapterWith(credentials.apiKey),
    credentialIds: async (ids) => {
      if (storeFails) throw new Error('the database is away');
      return new Map(current === null ? [] : ids.map((id) => [id, current?.id ?? '']));
    },
  });
});

const replace = (): void => {
  current = { id: 'credentials-2', apiKey: 'key-2' };
  takenKey = 'key-2';
};

describe('the pool', () => {
  it('keeps one adapter an account, also for those who come at once', async () => {
    const [a, b] = await Promise.all([pool.get('a'), pool.get('a')]);
    expect([a === b, made.length]).toEqual([true, 1]);
    expect(await pool.refresh()).toEqual([]);
    expect(await pool.get('a')).toBe(a);
  });

  it('takes up new credentials; the old adapter ends its calls and closes', async () => {
    const old = await pool.get('a');
    const gate = Promise.withResolvers<void>();
    if (made[0] !== undefined) made[0].gate = gate.promise;
    const running = old.submit(REQUEST, CONTROL);
    current = { id: 'credentials-2', apiKey: 'key-2' };
    expect(await pool.refresh()).toEqual(['a']);
    await pool.get('a');
    expect(made.map(({ apiKey, closed }) => [apiKey, closed])).toEqual([
      ['key-1', false],
      ['key-2', false],
    ]);
    gate.resolve();
    expect((await running).kind).toBe('unknown');
    expect(made.map(({ closed }) => closed)).toEqual([true, false]);
  });

  it.each(['submit', 'cancel'] as const)(
    'a %s refused with replaced credentials was not sent, and goes again',
    async (what) => {
      const act = async () => {
        const adapter = await pool.get('a');
        return what === 'submit' ? adapter.submit(REQUEST, CONTROL) : adapter.cancel(CANCEL, CONTROL);
      };
      expect((await act()).kind).toBe('unknown');
      replace();
      expect((await act()).kind).toBe('notSent');
      expect((await act()).kind).toBe('unknown');
      expect(made.map(({ apiKey, closed }) => [apiKey, closed])).toEqual([
        ['key-1', true],
        ['key-2', false],
      ]);
    },
  );

  it('a key that is refused and was not replaced is refused', async () => {
    takenKey = 'another';
    const adapter = await pool.get('a');
    expect((await adapter.submit(REQUEST, CONTROL)).kind).toBe('auth');
    expect(await pool.get('a')).toBe(adapter);
    // Nobody can say: it was surely not acted upon, so it may go again.
    storeFails = true;
    expect((await adapter.submit(REQUEST, CONTROL)).kind).toBe('notSent');
    expect(await pool.get('a')).toBe(adapter);
  });

  it('an unlinked account has no adapter any more', async () => {
    await pool.get('a');
    current = null;
    expect(await pool.refresh()).toEqual(['a']);
    expect(made[0]?.closed).toBe(true);
    await expect(pool.get('a')).rejects.toThrow('no such account');
    expect(await pool.refresh()).toEqual([]);
  });

  it('closes everything', async () => {
    await pool.get('a');
    await pool.get('b');
    await pool.close();
    expect(made.map(({ closed }) => closed)).toEqual([true, true]);
  });
});
