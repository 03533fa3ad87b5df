import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { World } from '../testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world[Symbol.asyncDispose]());

const INPUT = { accountId: 'acc-ada', symbol: 'BTC-USDT', side: 'BUY', type: 'LIMIT', size: '1', price: '100' };
const PLACE = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id account { id } } userErrors { code } } }`;
const goesAway = (): void => {
  const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  vi.spyOn(world.store.access, 'accountsOfUser').mockRejectedValue(away);
};
/** The database goes away just after the order was accepted. */
const goesAwayAfterwards = (): void => {
  world.onCommand = async (command) => {
    const result = await world.orders.answer(command);
    goesAway();
    return result;
  };
};

test('an order that was accepted is not said to be refused when the rest of the answer cannot be read', async () => {
  goesAwayAfterwards();
  const { errors } = await world.query(PLACE, { input: INPUT });
  expect(world.commands).toHaveLength(1);
  expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(['INTERNAL_SERVER_ERROR']);
  expect(errors?.[0]?.message).toContain('may have been carried out');
});

test('over a WebSocket neither', async () => {
  goesAwayAfterwards();
  const answer = await new Promise((resolve, reject) => {
    world.client().subscribe(
      { query: PLACE, variables: { input: INPUT } },
      {
        next: resolve,
        error: reject,
        complete: () => undefined,
      },
    );
  });
  expect(answer).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] });
});

test('a query is only told to try again', async () => {
  goesAway();
  const { errors } = await world.query('{ orders { totalCount } accounts { id } }');
  expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(['SERVICE_UNAVAILABLE']);
});
