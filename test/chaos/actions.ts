import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { eventually, ordersOf, request } from '../support/client.ts';
import { insist } from '../support/insist.ts';
import { between, chance, pick, pickWeighted } from '../support/random.ts';
import { changeOrder } from './changes.ts';
import { told } from './diary.ts';
import { PLACEMENTS } from './placements.ts';
import { PATIENCE_MS, cancelled, marketFor, modified, placed } from './requests.ts';
import type { Actor } from './requests.ts';

export interface Action {
  readonly name: string;
  readonly weight: number;
  readonly run: (actor: Actor) => Promise<void>;
}

/** Steps of crash points that a placement, and what follows of it, passes. */
const PLACE_STEPS = ['place:before-commit', 'place:after-commit', 'place:after-wake'];
const CALL_STEPS = ['before-intent', 'after-intent', 'after-call', 'after-outcome'].flatMap((step) => [
  `submit:${step}`,
  `cancel:${step}`,
  `amend:${step}`,
]);
const OTHER_STEPS = [
  ...['change:before-commit', 'change:after-commit', 'change:after-wake'],
  ...['lookup:before-call', 'lookup:after-call', 'lookup:after-outcome'],
  ...['record:before-commit', 'record:after-commit'],
];
export const CRASH_STEPS: readonly string[] = [...PLACE_STEPS, ...CALL_STEPS, ...OTHER_STEPS];
const CRASHING = 0.07;

/** A client's order with all that its client does to it. */
async function placeOne(actor: Actor): Promise<void> {
  const { random, exchange, world, diary, id } = actor;
  const kind = pickWeighted(
    random,
    PLACEMENTS.filter(({ offered }) => offered(capabilitiesOf(exchange))),
  );
  const market = marketFor(actor);
  if (chance(random, CRASHING)) world.armory.arm(pick(random, CRASH_STEPS), id);
  const terms = kind.terms(market, random);
  diary.count(`kind ${kind.name}`);
  if (kind.mayBeRefused === true) world.mayBeRefused.add(id);
  const order = await placed(actor, terms, market, id);
  if (order === null) return;
  if (kind.rests) await changeOrder(actor, order, market);
  if (!chance(random, 0.15)) return;
  // A client that forgot whether it had placed it.
  const again = await placed(actor, terms, market, id);
  if (again?.id !== order.id)
    diary.complaints.push(`${exchange}: the repeat of ${id} gave order ${again?.id ?? 'none'}, not ${order.id}`);
}

async function sweep(actor: Actor): Promise<void> {
  const { desk, world, diary, random } = actor;
  const { accountId } = desk;
  const symbol = chance(random, 0.7) ? marketFor(actor).symbol : null;
  const sentAt = Date.now();
  const outcome = await insist<readonly string[]>(
    async () => {
      const { cancelAllOrders: answer } = await request<{
        cancelAllOrders: { requested: { id: string }[]; userErrors: { code: string; message: string }[] };
      }>(
        world.trader,
        'mutation ($input: CancelAllInput!) { cancelAllOrders(input: $input) { requested { id } userErrors { code message } } }',
        { input: { accountId, ...(symbol === null ? {} : { symbol }) } },
      );
      return answer.userErrors[0] ?? { answer: answer.requested.map(({ id }) => id) };
    },
    undefined,
    PATIENCE_MS,
  );
  const orderIds = outcome.kind === 'accepted' ? outcome.answer : [];
  diary.deeds.push({ kind: 'cancelAll', accountId, symbol, orderIds, ...told(sentAt, outcome) });
  diary.count(`cancelAll ${outcome.kind}`);
}

/** Somebody else trades in the account: at times we cancel or change what was adopted. */
async function outside(actor: Actor): Promise<void> {
  const { world, diary, exchange, desk, random } = actor;
  const market = marketFor(actor);
  const kinds = PLACEMENTS.filter(({ name }) => ['far', 'near', 'market'].includes(name));
  const { type, ...terms } = pick(random, kinds).terms(market, random);
  const { symbol } = market;
  const held = await world.venue.outsideOrder({ exchange, symbol, type, ...terms }).catch(() => null);
  // The exchange is down just now: nobody else trades there either.
  if (held === null) return;
  const { exchangeOrderId } = held;
  diary.deeds.push({ kind: 'outside', exchange, exchangeOrderId });
  diary.count('outside');
  if (type === 'MARKET' || chance(random, 0.4)) return;
  const adopted = await eventually(
    async () =>
      (await ordersOf(world.trader, desk.accountId)).find((order) => order.exchangeOrderId === exchangeOrderId),
    (order) => order !== undefined,
    `${exchange} ${exchangeOrderId} is adopted`,
    PATIENCE_MS,
  ).catch((cause: unknown) => diary.complaints.push(String(cause)));
  if (typeof adopted !== 'object') return;
  if (chance(random, 0.3))
    await modified(actor, adopted.id, { price: market.at(adopted.side === 'BUY' ? '0.87' : '1.13') });
  await cancelled(actor, adopted.id);
}

/** The exchange's clients move the price; at times only as far as some of the waiting orders. */
async function movePrice(actor: Actor): Promise<void> {
  const { world, exchange, random } = actor;
  const market = marketFor(actor);
  const factor = (between(random, 965, 1_035) / 1_000).toFixed(3);
  const moved = chance(random, 0.5)
    ? world.venue.price(exchange, market.symbol, market.at(factor))
    : world.venue.partialPrice(exchange, market.symbol, market.at(factor), market.size);
  await moved.catch(() => undefined);
}

async function look({ world, desk, random }: Actor): Promise<void> {
  const fields = '{ complete userErrors { code } }';
  const query = chance(random, 0.5)
    ? `mutation ($id: ID!) { syncOrders(accountId: $id) ${fields} }`
    : `query ($id: ID!) { openOrders(accountId: $id, maxAgeSeconds: 1) ${fields} }`;
  await request(world.trader, query, { id: desk.accountId }).catch(() => undefined);
}

interface HaltAnswer {
  readonly account: { readonly halt: { readonly remainingCount: number } | null } | null;
  readonly userErrors: readonly { readonly code: string; readonly message: string }[];
}

/** The kill switch, and back when everything has ended or the client's patience has. */
async function haltAndResume({ world, desk, diary, random }: Actor): Promise<void> {
  const { accountId } = desk;
  if (world.halted.has(accountId)) return;
  world.halted.add(accountId);
  const call = (mutation: 'haltAccount' | 'resumeAccount') =>
    insist<number | null>(
      async () => {
        const answer = await request<{ result: HaltAnswer }>(
          world.trader,
          `mutation ($id: ID!) { result: ${mutation}(accountId: $id) {
             account { halt { remainingCount } } userErrors { code message } } }`,
          { id: accountId },
        );
        const { account, userErrors } = answer.result;
        return userErrors[0] ?? { answer: account?.halt?.remainingCount ?? null };
      },
      undefined,
      PATIENCE_MS,
    );
  const sentAt = Date.now();
  const halted = await call('haltAccount');
  const answers = told(sentAt, halted);
  const cleared = await eventually(
    () =>
      request<{ account: HaltAnswer['account'] }>(
        world.trader,
        'query ($id: ID!) { account(id: $id) { halt { remainingCount } } }',
        { id: accountId },
      ),
    ({ account }) => account?.halt?.remainingCount === 0,
    `${accountId} is cleared`,
    between(random, 1_000, 15_000),
  ).then(
    () => true,
    () => false,
  );
  const resumeSentAt = Date.now();
  const resumed = await call('resumeAccount');
  world.halted.delete(accountId);
  if (resumed.kind !== 'accepted')
    diary.complaints.push(`${accountId} could not be resumed: ${JSON.stringify(resumed)}`);
  diary.deeds.push({ kind: 'halt', accountId, clearedAt: cleared ? resumeSentAt : null, resumeSentAt, ...answers });
  diary.count(`halt ${halted.kind}, ${cleared ? 'cleared' : 'not cleared'}`);
}

/** What clients do. One more line here, and they do it. */
export const ACTIONS: readonly Action[] = [
  { name: 'place', weight: 74, run: placeOne },
  { name: 'cancelAll', weight: 2, run: sweep },
  { name: 'outside', weight: 6, run: outside },
  { name: 'movePrice', weight: 14, run: movePrice },
  { name: 'look', weight: 4, run: look },
  { name: 'halt', weight: 1, run: haltAndResume },
];
