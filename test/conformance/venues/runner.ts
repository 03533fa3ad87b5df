import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExchangeId } from '@orderplane/domain';
import { ENDED } from '../../support/client.ts';
import type { System } from '../../support/system.ts';
import { audit } from './audit.ts';
import { isAbsent } from './card.ts';
import type { AnyCard, Card } from './card.ts';
import { CardFailure } from './expect.ts';
import { Floor } from './floor.ts';
import type { CardAccount } from './floor.ts';
import { LogWatch } from './logs.ts';
import { profileOf } from './profile.ts';
import type { Profile } from './profile.ts';
import { PROOF_MS, SOON_MS, Stage } from './stage.ts';

export interface Outcome {
  readonly exchange: ExchangeId;
  readonly card: string;
  readonly result: 'PASS' | 'FAIL' | 'NA';
  /** Why it failed or does not apply; empty for a pass. */
  readonly why: string;
  readonly ms: number;
}

export interface RunOptions {
  readonly exchanges: readonly ExchangeId[];
  readonly cards: readonly AnyCard[];
  /** Cards at once, of one exchange and in all. */
  readonly perExchange: number;
  readonly inAll: number;
  /** Where what is known about failed cards is written. */
  readonly evidence: string;
  readonly onOutcome: (outcome: Outcome) => void;
}

/** A card that takes longer has hung. */
const LIMIT_MS = 300_000;
const RESTARTS_AT_ONCE = 4;

/** Runs the cards at each exchange. All of it on one system: first what can be done at once, then what needs room. */
export async function runCards(system: System, options: RunOptions): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const houses = await Promise.all(options.exchanges.map((exchange) => openHouse(system, exchange, options)));
  const tell = (outcome: Outcome): void => {
    outcomes.push(outcome);
    options.onOutcome(outcome);
  };
  const gate = new Gate(options.inAll);
  await Promise.all(
    houses.map(async (house) => {
      for (const [card, why] of house.notApplicable)
        tell({ exchange: house.floor.exchange, card: card.id, result: 'NA', why, ms: 0 });
      const one = async (card: Card): Promise<void> => gate.pass(async () => tell(await house.play(card)));
      await atOnce(house.of(undefined), options.perExchange, one);
      await atOnce(house.of('exchange'), 1, one);
    }),
  );
  const restarts = houses.flatMap((house) => house.of('restarts').map((card) => ({ house, card })));
  await atOnce(restarts, RESTARTS_AT_ONCE, async ({ house, card }) => tell(await house.play(card)));
  for (const house of houses) for (const card of house.of('system')) tell(await house.play(card));
  return outcomes;
}

interface House {
  readonly floor: Floor;
  readonly notApplicable: readonly (readonly [AnyCard, string])[];
  of(alone: Card['alone']): readonly Card[];
  play(card: Card): Promise<Outcome>;
}

async function openHouse(system: System, exchange: ExchangeId, options: RunOptions): Promise<House> {
  const profile = profileOf(exchange);
  const floor = new Floor(system, exchange);
  const played: Card[] = [];
  const notApplicable: (readonly [AnyCard, string])[] = [];
  for (const card of options.cards) {
    const lacks = profile.notApplicable[card.id];
    if (lacks !== undefined) notApplicable.push([card, lacks]);
    else if (isAbsent(card)) notApplicable.push([card, `${card.absent} is not served yet`]);
    else played.push(card);
  }
  await floor.open(Math.min(options.perExchange, played.length), new Set(Object.keys(profile.avoids ?? {})));
  return {
    floor,
    notApplicable,
    of: (alone) => played.filter((card) => card.alone === alone),
    play: (card) => play(system, floor, profile, card, options.evidence),
  };
}

async function play(system: System, floor: Floor, profile: Profile, card: Card, evidence: string): Promise<Outcome> {
  const startedAt = performance.now();
  const outcome = (result: Outcome['result'], why: string): Outcome => ({
    exchange: floor.exchange,
    card: card.id,
    result,
    why,
    ms: Math.round(performance.now() - startedAt),
  });
  const accounts: CardAccount[] = [];
  for (let count = card.accounts ?? 1; count > 0; count -= 1) accounts.push(await floor.takeAccount());
  const pool = card.contract === true ? 'contracts' : 'spot';
  const markets = await floor.takeMarkets(pool, card.markets ?? 1, accounts[0]?.id ?? '');
  const stage = new Stage({
    system,
    accounts,
    markets,
    stranger: floor.stranger,
    profile,
    patienceMs: card.alone === 'restarts' ? PROOF_MS : SOON_MS,
  });
  const logs = new LogWatch(join(system.home, 'logs'));
  let failure: string | null = null;
  try {
    await stage.begin();
    await within(card.run(stage), LIMIT_MS);
    await stage.heal();
    await within(audit(stage, logs), LIMIT_MS);
  } catch (cause) {
    failure = lineOf(cause);
    await keep(stage, card, failure, evidence).catch(() => undefined);
    await stage.heal().catch(() => undefined);
  }
  const isTidy = await tidy(stage).catch(() => false);
  if (failure === null && isTidy) accounts.forEach((account) => floor.giveAccount(account));
  if (!stage.isSpoiled) for (const market of markets) await floor.giveMarket(market);
  if (failure !== null) return outcome('FAIL', failure);
  if (card.unserved === undefined) return outcome('PASS', '');
  return outcome('NA', `${card.unserved} is not served yet (the rest of the card passes)`);
}

const lineOf = (cause: unknown): string => {
  const isOurs = cause instanceof CardFailure || !(cause instanceof TypeError || cause instanceof RangeError);
  const text = !(cause instanceof Error) ? String(cause) : isOurs ? cause.message : (cause.stack ?? cause.message);
  return text.replace(/\s+/g, ' ').slice(0, 600);
};

async function within(work: Promise<void>, ms: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new CardFailure(`not done within ${ms} ms`)), ms);
  await Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}

/** Nothing of the card stays in any book. True: the accounts can be used again. */
async function tidy(stage: Stage): Promise<boolean> {
  for (const account of stage.accounts)
    for (const { id, state } of await stage.orders(account)) if (!ENDED.has(state)) await stage.cancel(id);
  const ended = await stage
    .until(
      async () => (await Promise.all(stage.accounts.map((account) => stage.orders(account)))).flat(),
      (orders) => orders.every(({ state }) => ENDED.has(state)),
      'all orders of the card have ended',
    )
    .then(
      () => true,
      () => false,
    );
  for (const account of stage.accounts)
    for (const held of (await stage.ledger(account)).orders)
      if (held.status === 'OPEN') await stage.venueCancels(held.exchangeOrderId).catch(() => undefined);
  return ended;
}

/** What is known about the orders of a failed card. */
async function keep(stage: Stage, card: Card, failure: string, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const accounts = await Promise.all(
    stage.accounts.map(async (account) => ({
      account: account.id,
      orders: await Promise.all(
        (await stage.orders(account)).slice(0, 20).map(async (order) => ({
          order,
          machine: await stage.machine(order.id),
          journal: await stage.machineEvents(order.id),
        })),
      ),
      ledger: await stage.ledger(account),
      received: await stage.received('any', account),
    })),
  );
  const file = join(directory, `${stage.exchange}-${card.id}.json`);
  writeFileSync(file, JSON.stringify({ card: card.id, failure, market: stage.market, accounts }, null, 1));
}

/** Lets so many in at once. */
class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  constructor(room: number) {
    this.#free = room;
  }
  async pass(work: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    try {
      await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

async function atOnce<Item>(items: readonly Item[], count: number, work: (item: Item) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: count }, worker));
}
