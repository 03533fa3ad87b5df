import { decimal, sum } from '@orderplane/domain';
import type { OrderMachine } from '@orderplane/state-machine';
import { isQuiet } from '../../support/client.ts';
import type { OrderView } from '../../support/client.ts';
import { brokenLinks, readEvents } from '../../support/detail.ts';
import type { Ledger, LedgerOrder } from '../../support/venue.ts';
import { CardFailure } from './expect.ts';
import type { CardAccount } from './floor.ts';
import type { LogWatch } from './logs.ts';
import { PROOF_MS, SOON_MS, type Stage } from './stage.ts';

/** What must hold after every card, for each account of it. Throws with everything that does not. */
export async function audit(stage: Stage, logs: LogWatch): Promise<void> {
  const found: string[] = [];
  for (const account of stage.accounts) {
    await quiet(stage, account);
    const { problems, events } = await settled(stage, account);
    found.push(...problems);
    const orders = await stage.orders(account);
    found.push(...(await logged(stage, account, orders)), ...events);
    for (const { id, state } of await stage.newOrders(account)) {
      const events = { nodes: await readEvents(stage.system.trader, id) };
      found.push(...brokenLinks({ id, state, events }).map((link) => `U5 the journal of ${id}: ${link}`));
    }
    found.push(...twice(orders));
  }
  found.push(...logs.problems(stage.accounts.flatMap(secretsOf)));
  if (found.length > 0) throw new CardFailure(found.slice(0, 3).join('; '));
}

const secretsOf = ({ apiKey, secret, passphrase }: CardAccount): string[] => [
  apiKey,
  ...secret.split('\n').filter((line) => line.length > 30),
  ...(passphrase === undefined ? [] : [passphrase]),
];

/** U4: nothing is in doubt, no request is open. */
async function quiet(stage: Stage, account: CardAccount): Promise<void> {
  await stage
    .until(
      async () =>
        (await stage.orders(account))
          .filter((order) => !isQuiet(order))
          .map(
            ({ id, state, reconciliation }) =>
              `${id} ${state} ${reconciliation.status} ${reconciliation.lastError ?? ''}`,
          ),
      (open) => open.length === 0,
      'nothing is in doubt',
      PROOF_MS,
    )
    .catch((cause: unknown) => {
      throw new CardFailure(`U4 ${cause instanceof Error ? cause.message : String(cause)}`);
    });
}

/** U1, U2, U5 and U6: the books agree with the ledger, and a further look changes nothing and sends nothing. */
async function settled(
  stage: Stage,
  account: CardAccount,
): Promise<{ readonly problems: readonly string[]; readonly events: readonly string[] }> {
  const look = async () => {
    const before = await marks(stage, account);
    const again = [await stage.sync(account), await stage.sync(account)];
    await quiet(stage, account);
    const after = await marks(stage, account);
    const events = [
      ...(again.some(({ complete }) => !complete) ? ['U6 a further reconciliation is incomplete'] : []),
      ...(after.cursor === before.cursor ? [] : ['U6 a further reconciliation makes events']),
      ...(after.commands === before.commands ? [] : ['U6 a further reconciliation sends commands']),
    ];
    return { problems: await compare(stage, account), events };
  };
  // The last pushes of a stream may still be on their way when the first look begins.
  return stage
    .until(look, ({ problems, events }) => problems.length + events.length === 0, 'the books agree', SOON_MS)
    .catch(look);
}

async function marks(stage: Stage, account: CardAccount): Promise<{ cursor: bigint; commands: number }> {
  const { cursor } = await stage.system.store.ledger.accountSnapshot(account.id);
  const commands = (await stage.received('any', account)).filter(({ kind }) => kind !== 'query').length;
  return { cursor, commands };
}

const isLive = ({ status }: LedgerOrder): boolean => status === 'OPEN' || status === 'PENDING';

async function compare(stage: Stage, account: CardAccount): Promise<readonly string[]> {
  const ledger = await stage.ledger(account);
  const found: string[] = [];
  const owned = new Map<string, LedgerOrder[]>();
  const orders = await stage.orders(account);
  const machines = new Map<string, OrderMachine>();
  for (const { id } of orders) machines.set(id, await stage.machine(id));
  for (const held of ledger.orders) {
    const owners = orders.filter(({ id, symbol }) => symbol === held.symbol && owns(machines.get(id), held));
    const [owner] = owners;
    if (owner === undefined) found.push(`U5 ${held.status} order ${held.exchangeOrderId} of the ledger is unknown`);
    else owned.set(owner.id, [...(owned.get(owner.id) ?? []), held]);
    if (owners.length > 1) found.push(`U7 ${held.exchangeOrderId} belongs to ${owners.length} orders`);
  }
  for (const order of orders) {
    const machine = machines.get(order.id);
    if (machine !== undefined) found.push(...differences(order, machine, owned.get(order.id) ?? [], ledger));
  }
  return found;
}

const owns = (machine: OrderMachine | undefined, held: LedgerOrder): boolean =>
  machine?.legs.some((leg) => leg.venueOrderIds.includes(held.exchangeOrderId)) === true;

function differences(
  order: OrderView,
  machine: OrderMachine,
  held: readonly LedgerOrder[],
  ledger: Ledger,
): readonly string[] {
  const name = `${order.id} (${order.state})`;
  const found: string[] = [];
  const live = held.filter(isLive).length;
  if (live > 1 || overlap(held)) found.push(`U1 ${name}: two orders of it lived at once`);
  if (order.status === 'OPEN' && live !== 1) found.push(`U5 ${name} is open here, ${live} live at the exchange`);
  if (order.status !== 'OPEN' && live > 0) found.push(`U1 ${name} has ended and lives at the exchange`);
  const ids = new Set(held.map(({ exchangeOrderId }) => exchangeOrderId));
  const executions = ledger.executions.filter((one) => ids.has(one.exchangeOrderId) && one.symbol === order.symbol);
  const lines = (list: readonly { id: string; size: string; price: string; fee: string }[]): string[] =>
    list.map(({ id, size, price, fee }) => `${id} ${size} @ ${price} fee ${fee}`).sort();
  const expected = lines(
    executions.map(({ tradeId, size, price, fee }) => ({ id: tradeId, ...plain(size, price), fee: feeText(fee) })),
  );
  const booked = lines(
    machine.executions
      .filter(({ busted }) => !busted)
      .map(({ id, size, price, fee }) => ({ id, ...plain(size, price), fee: feeText(fee) })),
  );
  const lost = expected.filter((line) => !booked.includes(line));
  const invented = booked.filter((line) => !expected.includes(line));
  if (lost.length > 0)
    found.push(`U2 ${name} lacks ${lost.length} executions, e.g. ${lost[0]} (booked ${invented[0]})`);
  else if (invented.length > 0) found.push(`U2 ${name} books ${invented[0]}, unknown to the ledger`);
  if (new Set(machine.executions.map(({ id }) => id)).size !== machine.executions.length)
    found.push(`U2 ${name} books an execution twice`);
  const total = sum(executions.map(({ size }) => size));
  if (!decimal(total).eq(order.filledSize)) found.push(`U5 ${name} says ${order.filledSize} is filled, not ${total}`);
  return found;
}

const plain = (size: string, price: string) => ({ size: decimal(size).toFixed(), price: decimal(price).toFixed() });
const feeText = (fee: { readonly currency: string; readonly cost: string } | null): string =>
  fee === null ? 'missing' : decimal(fee.cost).isZero() ? '0' : `${decimal(fee.cost).toFixed()} ${fee.currency}`;

/** At some time two of them lived. */
function overlap(held: readonly LedgerOrder[]): boolean {
  const lives = held.map(({ createdAt, endedAt }) => ({ from: createdAt, to: endedAt ?? '9' }));
  return lives.some((one, index) => lives.slice(index + 1).some((two) => one.from < two.to && two.from < one.to));
}

/** U3: whatever the exchange received had been in the journal before. */
async function logged(stage: Stage, account: CardAccount, orders: readonly OrderView[]): Promise<readonly string[]> {
  const sent: { readonly key: string; readonly at: string }[] = [];
  for (const { id } of orders) {
    const { legs } = await stage.machine(id);
    const own = legs.flatMap(({ venueClientId, venueOrderIds }) => [venueClientId, ...venueOrderIds]);
    for (const event of await stage.machineEvents(id)) {
      if (event.type === 'StrayFound' && typeof event.venueOrderId === 'string') own.push(event.venueOrderId);
      if (event.type === 'SubmitSent' || event.type === 'LegSent')
        sent.push({ key: `submit ${event.venueClientId}`, at: event.at });
      if (event.type === 'CancelSent' || (event.type === 'ReplaceSent' && event.how === 'TWO_STEP'))
        sent.push(...own.map((key) => ({ key: `cancel ${key}`, at: event.at })));
      if (event.type === 'ReplaceSent' && event.how === 'AMEND')
        sent.push(...own.map((key) => ({ key: `amend ${key}`, at: event.at })));
    }
  }
  return (await stage.received('any', account)).flatMap(({ kind, clientId, orderId, at }) => {
    if (kind === 'query') return [];
    const keys = [clientId, orderId].map((id) => `${kind} ${id}`);
    const isLogged = sent.some((one) => keys.includes(one.key) && one.at <= at);
    return isLogged ? [] : [`U3 ${kind} of ${clientId ?? orderId} was received at ${at} and not in the log before`];
  });
}

/** U7: no client id of the exchange stands for two legs. */
function twice(orders: readonly OrderView[]): readonly string[] {
  const seen = new Set<string>();
  return orders.flatMap(({ legs }) =>
    legs.flatMap(({ venueClientId }) => {
      if (seen.has(venueClientId)) return [`U7 two legs have the client id ${venueClientId}`];
      seen.add(venueClientId);
      return [];
    }),
  );
}
