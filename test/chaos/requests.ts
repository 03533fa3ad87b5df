import type { ExchangeId } from '@orderplane/domain';
import type { OrderView } from '../support/client.ts';
import type { Desk, Market } from '../support/desk.ts';
import { tryCancel, tryModify, tryPlace } from '../support/insist.ts';
import type { Outcome } from '../support/insist.ts';
import { pick } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { answerOf, told } from './diary.ts';
import type { Diary } from './diary.ts';
import type { ChaosWorld } from './world.ts';

/** One client on its errand. */
export interface Actor {
  readonly world: ChaosWorld;
  readonly diary: Diary;
  readonly exchange: ExchangeId;
  readonly desk: Desk;
  readonly random: Random;
  /** Client order ids begin with it. */
  readonly id: string;
}

/** How long a client goes on asking: longer than everything that a storm takes away stays away. */
export const PATIENCE_MS = 180_000;
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
export const marketFor = ({ desk, world, random }: Actor): Market =>
  desk.market(pick(random, world.bases[desk.exchange]));

const endOf = (outcome: Outcome<unknown>): string =>
  outcome.kind === 'refused' ? `refused ${outcome.code}` : outcome.kind;

/** Places it and writes down what came of it. */
export async function placed(
  actor: Actor,
  terms: Readonly<Record<string, unknown>>,
  market: Market,
  clientOrderId: string,
) {
  const { world, diary, exchange } = actor;
  const input = { accountId: market.accountId, symbol: market.symbol, clientOrderId, ...terms };
  const sentAt = Date.now();
  const outcome = await tryPlace(world.trader, input, PATIENCE_MS);
  const order = answerOf(outcome);
  const { accountId } = market;
  diary.deeds.push({
    ...{ kind: 'place', clientOrderId, accountId, exchange, input, orderId: order?.id ?? null },
    ...told(sentAt, outcome),
  });
  diary.count(`place ${endOf(outcome)}`);
  return order;
}

export async function cancelled({ world, diary }: Actor, orderId: string): Promise<void> {
  const sentAt = Date.now();
  const outcome = await tryCancel(world.trader, orderId, PATIENCE_MS);
  diary.deeds.push({ kind: 'cancel', orderId, ...told(sentAt, outcome) });
  diary.count(`cancel ${endOf(outcome)}`);
}

export async function modified(
  { world, diary }: Actor,
  orderId: string,
  change: Readonly<Record<string, string>>,
): Promise<OrderView | null> {
  const sentAt = Date.now();
  const outcome: Outcome<OrderView> = await tryModify(world.trader, { orderId, ...change }, PATIENCE_MS);
  diary.deeds.push({ kind: 'modify', orderId, change, ...told(sentAt, outcome) });
  diary.count(`modify ${endOf(outcome)}`);
  return answerOf(outcome);
}
