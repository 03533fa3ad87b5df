import { compare, divide, subtract, sum } from '@orderplane/domain';
import { overdueSince } from '@orderplane/planner';
import { filled, type VenueOrder } from '@orderplane/planner/testing';
import { inDoubt, isDone, isOpenRequest, isTerminal, overfill, type OrderMachine } from '@orderplane/state-machine';
import type { OrderRecord } from '@orderplane/store';
import type { Clients } from '../clients.ts';
import type { Judge } from '../judge.ts';
import type { SimQueue } from '../queue.ts';
import type { SimExchange } from '../venue/exchange.ts';
import type { Rule } from './facts.ts';
import { restsOtherwise } from './wishes.ts';

/** The whole system when everything has answered for a while. */
export interface Calm {
  readonly judge: Judge;
  readonly queue: SimQueue;
  readonly clients: Clients;
  readonly venues: readonly SimExchange[];
  /** The exchange that never came back. */
  readonly dead: SimExchange | null;
}

/** Held here, and rightly: its price has not come. */
const waitsHere = (record: OrderRecord): boolean => machineOf(record).life === 'DARK_OPEN';
const machineOf = (record: OrderRecord): OrderMachine => record.actual.machine;
const told = (record: OrderRecord): string =>
  `${record.intent.accountId} (${record.intent.exchange}) ${record.intent.orderId.slice(-4)} ${record.intent.clientOrderId} ${machineOf(record).life}`;

/** The first of the answering exchanges' orders that something is wrong with. */
const each =
  (wrong: (record: OrderRecord, calm: Calm) => string | null) =>
  (calm: Calm): string | null => {
    for (const record of calm.judge.orders.values()) {
      if (record.intent.accountId === calm.dead?.accountId) continue;
      const found = wrong(record, calm);
      if (found !== null) return `${told(record)}: ${found}`;
    }
    return null;
  };

const text = (fills: readonly { readonly id: string; readonly size: string }[]): string =>
  fills
    .map(({ id, size }) => `${id}=${size}`)
    .sort()
    .join(' ');

/** Checked once the faults have stopped and time has passed: everything has come together. */
export const CALM: readonly Rule<Calm>[] = [
  {
    id: 'C1',
    says: 'nothing is in doubt',
    check: each((record) =>
      inDoubt(machineOf(record)) ? `in doubt since ${machineOf(record).unknownSince ?? ''}` : null,
    ),
  },
  {
    id: 'C2',
    says: 'no request is open, no leg is on its way, nothing lives of what has ended',
    check: each((record) => {
      const machine = machineOf(record);
      const open = machine.requests.find(isOpenRequest);
      if (open !== undefined) return `${open.kind} ${open.id} is ${open.phase}`;
      if (machine.stray) return 'something lives of it';
      if (isTerminal(machine) && !isDone(machine)) return 'it has ended and is not done';
      if (waitsHere(record)) return null;
      const phase = machine.legs.at(-1)?.phase;
      return !isTerminal(machine) && phase !== 'live' ? `its leg is ${phase ?? 'not sent'}` : null;
    }),
  },
  {
    id: 'C3',
    says: 'every execution of the exchange is booked, exactly',
    check: each((record, { judge }) => {
      const held = judge.held(record).flatMap(({ fills }) => fills.map(({ tradeId, size }) => ({ id: tradeId, size })));
      const booked = text(machineOf(record).executions);
      return booked === text(held) ? null : `booked ${booked}, executed ${text(held)}`;
    }),
  },
  {
    id: 'C4',
    says: 'an order lives here if and only if it lives at the exchange, with the same terms',
    check: each((record, { judge }) => {
      const machine = machineOf(record);
      const open = judge.held(record).filter(({ status }) => status === 'OPEN');
      if (isTerminal(machine)) return open.length === 0 ? null : `${open[0]?.orderId ?? ''} is open at the exchange`;
      if (waitsHere(record)) return open.length === 0 ? null : 'it is dark, and at the exchange';
      const [order] = open;
      if (order === undefined) return 'it is not open at the exchange';
      return sameTerms(machine, order, judge.held(record));
    }),
  },
  {
    id: 'C11',
    says: 'what rests at the exchange is what was wished last',
    check: each((record, { judge }) => (isTerminal(machineOf(record)) ? null : restsOtherwise(judge, record))),
  },
  {
    id: 'C10',
    says: 'nothing waits for a price that is there',
    check: each((record, { venues }) => {
      const { trigger, exchange } = record.intent;
      const market = venues.find((venue) => venue.exchange === exchange);
      if (!waitsHere(record) || trigger === undefined || market === undefined || market.isDown) return null;
      const beyond = compare(divide(String(market.price(trigger.symbol)), '100', 2), trigger.price);
      const isThere = trigger.direction === 'AT_OR_ABOVE' ? beyond >= 0 : beyond <= 0;
      return isThere ? `${trigger.direction} ${trigger.price} is reached` : null;
    }),
  },
  {
    id: 'C6',
    says: 'what stands undisputed is shown as IN_SYNC',
    check: each((record) => {
      const { status, lastError, alert } = record.actual.reconciliation;
      if (status === 'IN_SYNC') return null;
      // Raised for good: filled beyond its size, or a second order of the exchange's under its client id.
      if (status === 'NEEDS_ATTENTION' && (overfill(machineOf(record)) !== '0' || alert !== undefined)) return null;
      // Somebody's resting order under the client id of a market order of ours: asked for until it ends.
      if (overdueSince(machineOf(record)) !== null) return null;
      return `${status} ${lastError ?? ''}`;
    }),
  },
  {
    id: 'I15',
    says: 'every open order of the exchange belongs to exactly one of ours',
    check: ({ judge, venues, dead }) => {
      for (const venue of venues) {
        if (venue === dead) continue;
        for (const order of venue.ledger.open()) {
          const owners = [...judge.orders.values()].filter(
            (record) => record.intent.accountId === venue.accountId && judge.held(record).includes(order),
          );
          if (owners.length !== 1) return `${venue.accountId} ${order.orderId} has ${owners.length} owners`;
        }
      }
      return null;
    },
  },
  {
    id: 'I16',
    says: 'every order of ours at the exchange leads to its intent, also one that has ended',
    check: ({ judge, venues, dead }) => {
      for (const venue of venues) {
        if (venue === dead) continue;
        const lost = venue.ledger.orders.find(
          (order) => !venue.foreign.has(order.orderId) && judge.ownerAt(venue, order) === null,
        );
        if (lost !== undefined) return `${venue.accountId} ${lost.orderId} belongs to nobody`;
      }
      return null;
    },
  },
  {
    id: 'I20',
    says: 'every order that was promised is there',
    check: ({ judge, clients }) => {
      for (const [orderId, { clientOrderId }] of clients.promised)
        if (judge.orders.get(orderId)?.intent.clientOrderId !== clientOrderId) return `${clientOrderId} is lost`;
      return null;
    },
  },
  {
    id: 'I20',
    says: 'a request that was refused is placed by no earlier try of it',
    check: ({ clients }) => clients.overtaken(),
  },
  {
    id: 'C7',
    says: 'the queues are empty, but for orders that are asked about until they end',
    check: ({ queue, dead, judge }) => {
      const asked = [...judge.orders.values()].filter((record) => overdueSince(machineOf(record)) !== null);
      return queue.waiting <= asked.length || dead !== null ? null : `${queue.waiting} jobs wait`;
    },
  },
  {
    id: 'C8',
    says: 'what an unreachable exchange keeps from us is shown as such',
    check: ({ judge, dead }) => {
      for (const record of judge.orders.values()) {
        if (record.intent.accountId !== dead?.accountId || isDone(machineOf(record)) || waitsHere(record)) continue;
        const { status } = record.actual.reconciliation;
        if (status === 'IN_SYNC') return `${told(record)} is shown as IN_SYNC`;
      }
      return null;
    },
  },
];

function sameTerms(machine: OrderMachine, order: VenueOrder, held: readonly VenueOrder[]): string | null {
  const others = sum(held.filter((one) => one !== order).map(filled));
  const { price, size } = machine.terms;
  if (price !== null && order.price !== null && compare(price, order.price) !== 0)
    return `its price is ${price} here and ${order.price} at the exchange`;
  if (size !== null && compare(subtract(size, others), order.size) !== 0)
    return `its size is ${size} here, ${order.size} at the exchange after ${others}`;
  return null;
}
