import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { LONGEST_LINE_BYTES, normalizeCommand, normalizeLine } from './normalize.ts';
import type { NormalizeAnswer } from './normalize.ts';

const ORDER = {
  symbol: 'SOLUSDC',
  orderId: 17,
  clientOrderId: 'op-a',
  price: '151.20',
  origQty: '3',
  executedQty: '0',
  cummulativeQuoteQty: '0',
  status: 'NEW',
  timeInForce: 'GTC',
  type: 'LIMIT',
  side: 'SELL',
};
const TRADE = {
  symbol: 'SOLUSDC',
  id: 4,
  orderId: 17,
  price: '151.2',
  qty: '1',
  commission: '0',
  commissionAsset: 'BNB',
  time: 1771000000300,
  isBuyer: false,
  isMaker: true,
};
const line = (payload: unknown, exchange = 'binance') =>
  JSON.stringify({ exchange, transport: 'rest', method: 'GetOrder', payload });
const answer = (text: string): NormalizeAnswer => normalizeLine({ kind: 'text', text });

describe('one line', () => {
  it('answers one order as "order", and lists as "orders"', () => {
    expect(answer(line(ORDER))).toMatchObject({ ok: true, order: { orderId: '17', symbol: 'SOL-USDC' } });
    expect(answer(line([ORDER]))).toMatchObject({ ok: true, order: { orderId: '17' } });
    expect(answer(line([ORDER, ORDER]))).toMatchObject({ ok: true, orders: [{}, {}] });
    expect(answer(line([]))).toEqual({ ok: true, orders: [] });
  });

  it('adds fills where there are any', () => {
    expect(answer(line(ORDER))).not.toHaveProperty('fills');
    expect(answer(line([TRADE]))).toMatchObject({
      ok: true,
      orders: [],
      fills: [{ tradeId: '4', liquidity: 'MAKER' }],
    });
  });

  it('keeps ids that a double can not hold', () => {
    const text = line(ORDER).replace('"orderId":17', '"orderId":1234567890123456789');
    expect(answer(text)).toMatchObject({ ok: true, order: { orderId: '1234567890123456789' } });
  });

  it.each([
    ['junk', 'BAD_JSON'],
    ['', 'BAD_JSON'],
    ['[]', 'BAD_REQUEST'],
    ['{"exchange":"binance","transport":"pigeon","method":"","payload":{}}', 'BAD_REQUEST'],
    ['{"exchange":"binance","transport":"rest","method":""}', 'BAD_REQUEST'],
    [line(ORDER, 'nowhere'), 'UNKNOWN_EXCHANGE'],
    [line({}), 'UNREADABLE'],
    [line(null), 'UNREADABLE'],
    [line({ ...ORDER, status: 'DREAMING' }), 'UNKNOWN_WORD'],
    [`[${'['.repeat(200_000)}`, 'BAD_JSON'],
  ])('%.60s is %s', (text, code) => {
    expect(answer(text)).toMatchObject({ ok: false, error: { code } });
  });

  it('names the exchange’s own code, and keeps what could be read', () => {
    expect(answer(line({ code: -2010, msg: 'Duplicate order sent.' }))).toEqual({
      ok: false,
      error: { code: 'EXCHANGE_ERROR', message: 'binance answered -2010: Duplicate order sent.', nativeCode: '-2010' },
    });
    expect(answer(line([ORDER, { ...ORDER, type: 'ODD' }]))).toMatchObject({ ok: false, orders: [{ orderId: '17' }] });
  });
});

describe('the command', () => {
  it('prints one line for each, in order, and goes on after bad ones', async () => {
    const input = `${line(ORDER)}\njunk\n${' '.repeat(LONGEST_LINE_BYTES + 1)}\n${line([TRADE])}`;
    const output = new PassThrough();
    const written = output.toArray() as Promise<Buffer[]>;
    expect(await normalizeCommand(Readable.from([Buffer.from(input)]), output)).toBe(0);
    output.end();
    const lines = Buffer.concat(await written)
      .toString()
      .trim()
      .split('\n');
    const codes = lines.map((text) => (JSON.parse(text) as { ok: boolean; error?: { code: string } }).error?.code);
    expect(codes).toEqual([undefined, 'BAD_JSON', 'LINE_TOO_LONG', undefined]);
  });

  it('waits while the reader is slow', async () => {
    const output = new PassThrough({ highWaterMark: 64 });
    let asked = 0;
    async function* lines(): AsyncGenerator<Buffer> {
      for (; asked < 100; asked += 1) yield Buffer.from(`${line(ORDER)}\n`);
    }
    const done = normalizeCommand(lines(), output);
    await new Promise(setImmediate);
    expect(asked).toBeLessThan(5);
    output.resume();
    expect(await done).toBe(0);
  });
});
