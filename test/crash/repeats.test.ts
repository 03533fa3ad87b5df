import { afterAll, beforeAll, expect, test } from 'vitest';
import { allOrders, eventually, placeOrder, request } from '../support/client.ts';
import { insistPlace } from '../support/insist.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

/**
 * A try is stopped between its checks and its write; its client hears TIMEOUT, repeats it, and is refused. Whatever happens to
 * the first try then, nothing may come of it: it goes on where it stopped, and its job is given out again, too.
 */
let world: World;

beforeAll(async () => {
  world = await openWorld({ instances: { 'order-command': 2 } });
});
afterAll(() => world?.stop());

const commanders = () => world.stack.info.processes.filter(({ name }) => name.startsWith('order-command'));

/** The order-command that does not answer: a stopped process keeps its socket and says nothing. */
const stopped = async () => {
  const silent = commanders().map(async (one) => {
    const answered = fetch(`${one.health}/healthz`, { signal: AbortSignal.timeout(2_000) });
    return answered.then(
      () => [],
      () => [one],
    );
  });
  return (await Promise.all(silent)).flat();
};

/** Commands that the process has ended without a result. */
async function failures({ health }: { readonly health: string | null }): Promise<number> {
  const text = await (await fetch(`${health ?? ''}/metrics`)).text();
  const line = /^\w*command_seconds_count\{[^}]*kind="place"[^}]*outcome="error"[^}]*\} (\d+)$/m.exec(text);
  return Number(line?.[1] ?? 0);
}

async function halt(accountId: string, isHalted: boolean): Promise<void> {
  const field = isHalted ? 'haltAccount' : 'resumeAccount';
  const change = `mutation ($id: ID!) { ${field}(accountId: $id) { account { halted } userErrors { code } } }`;
  await eventually(
    () =>
      request<Record<string, { account: { halted: boolean } | null }>>(world.trader, change, { id: accountId }).then(
        (answer) => answer[field]?.account?.halted,
        () => null,
      ),
    (halted) => halted === isHalted,
    `${field} is carried out`,
  );
}

test('a refused repeat is not overtaken by its first try', async () => {
  const market = world.desks.binance.market('SOL');
  const { accountId, symbol, size } = market;
  const clientOrderId = 'overtaken';
  const input = { accountId, clientOrderId, symbol, side: 'BUY', type: 'LIMIT', size, price: market.at('0.9') };
  const stop = world.crashAt('place:before-commit', clientOrderId, 'SIGSTOP');
  const [first] = await Promise.all([placeOrder(world.trader, input), stop]);
  expect(first.userErrors).toMatchObject([{ code: 'TIMEOUT' }]);
  const [late] = await stopped();
  if (late === undefined) throw new Error('no order-command has stopped');

  await halt(accountId, true);
  const second = await eventually(
    () => placeOrder(world.trader, input),
    ({ userErrors }) => userErrors[0]?.code !== 'TIMEOUT',
    'the repeat is answered',
  );
  expect(second).toMatchObject({ order: null, userErrors: [{ code: 'ACCOUNT_HALTED' }] });
  await halt(accountId, false);

  const before = await Promise.all(commanders().map(async (one) => (one.pid === late.pid ? 0 : failures(one))));
  process.kill(late.pid, 'SIGCONT');
  await eventually(
    async () => Promise.all(commanders().map(failures)),
    (after) => after.some((count, index) => count > (before[index] ?? 0)),
    'the first try has ended without a result',
  );
  const ofIt = async () => (await allOrders(world.trader)).filter((order) => order.clientOrderId === clientOrderId);
  expect(await ofIt()).toEqual([]);

  // Tried again, it is judged anew.
  const { order } = await insistPlace(world.trader, input);
  expect((await ofIt()).map(({ id }) => id)).toEqual([order.id]);
  await world.converges();
  expect(world.ends).toEqual([]);
});
