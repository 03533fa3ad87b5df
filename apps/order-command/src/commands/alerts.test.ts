import type { OrderCommand } from '@orderplane/queues';
import { beforeEach, describe, expect, test } from 'vitest';
import { alerting, openDesk, type Desk } from '../testing/desk.ts';

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});

const cancelling = (alertId: string, userId = 'user-1'): OrderCommand => ({
  kind: 'cancelAlert',
  commandId: `cancel-${alertId}`,
  userId,
  alertId,
});

describe('createAlert', () => {
  test('arms, tells, and does so once however often the command runs', async () => {
    const command = alerting({ note: 'breakfast' });
    const answer = { orderIds: [], alertIds: [command.commandId], userErrors: [] };
    expect(await desk.run(command)).toEqual(answer);
    expect(desk.rings).toEqual(['account-1', 'binance BTC-USD']);
    expect(await desk.run(command)).toEqual(answer);
    const lines = await desk.world.store.alerts.changes('account-1', 0n, 10);
    expect(lines.map(({ alert }) => alert)).toMatchObject([
      { id: command.commandId, status: 'ARMED', exchange: 'binance', note: 'breakfast', trigger: { price: '100' } },
    ]);
  });

  test('watches another market of the exchange, on a halted account too', async () => {
    const { store, clock } = desk.world;
    const [market] = await store.observations.markets('binance', ['BTC-USD']);
    if (market === undefined) throw new Error('no market');
    await store.observations.saveMarkets('binance', [market, { ...market, symbol: 'ETH-USD' }], clock.iso());
    const command = alerting({ accountId: 'account-4', trigger: { symbol: 'ETH-USD' } });
    expect((await desk.run(command)).userErrors).toEqual([]);
    expect(desk.rings).toEqual(['account-4', 'binance ETH-USD']);
  });

  test.each([
    [{ accountId: 'nobody' }, 'NOT_FOUND', ['input', 'accountId']],
    [{ accountId: 'account-3' }, 'NOT_FOUND', ['input', 'accountId']],
    [{ symbol: 'XYZ-USD' }, 'INVALID_INPUT', ['input', 'symbol']],
    [{ trigger: { symbol: 'XYZ-USD' } }, 'INVALID_INPUT', ['input', 'trigger', 'symbol']],
    [{ trigger: { source: 'MARK' } }, 'UNSUPPORTED_BY_EXCHANGE', ['input', 'trigger', 'source']],
    [{ trigger: { price: '0' } }, 'INVALID_INPUT', ['input', 'trigger', 'price']],
  ] as const)('refuses %j: %s', async (input, code, field) => {
    const error = await desk.refusal(alerting(input));
    expect(error).toMatchObject({ code, field });
  });

  test('refuses more than the limit until one is gone', async () => {
    const commands = [alerting(), alerting(), alerting()];
    for (const command of commands) await desk.run(command);
    const error = await desk.refusal(alerting());
    expect(error).toMatchObject({ code: 'RISK_LIMIT_EXCEEDED', field: ['input', 'accountId'] });
    await desk.run(cancelling(commands[0]?.commandId ?? ''));
    expect((await desk.run(alerting())).userErrors).toEqual([]);
  });
});

describe('cancelAlert', () => {
  test('cancels, twice as once', async () => {
    const command = alerting();
    await desk.run(command);
    const answer = { orderIds: [], alertIds: [command.commandId], userErrors: [] };
    expect(await desk.run(cancelling(command.commandId))).toEqual(answer);
    expect(await desk.run(cancelling(command.commandId))).toEqual(answer);
    expect(await desk.world.store.alerts.needs()).toEqual([]);
  });

  test('not what has fired, and not what is somebody else’s', async () => {
    const command = alerting();
    await desk.run(command);
    expect(await desk.refusal(cancelling(command.commandId, 'user-2'))).toMatchObject({ code: 'NOT_FOUND' });
    const at = desk.world.clock.iso();
    await desk.world.store.alerts.fire(command.commandId, { price: '101', priceAt: at, at });
    expect(await desk.refusal(cancelling(command.commandId))).toMatchObject({
      code: 'INVALID_STATE_TRANSITION',
      field: ['alertId'],
    });
    expect(await desk.refusal(cancelling('nothing'))).toMatchObject({ code: 'NOT_FOUND' });
  });
});
