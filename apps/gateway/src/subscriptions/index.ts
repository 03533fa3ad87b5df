import type { Account } from '@orderplane/store';
import { isId, ownAccount } from '../access/roles.ts';
import { knownExchange } from '../exchanges/markets.ts';
import type { Resolvers } from '../schema/types.generated.ts';
import type { GatewayContext } from '../server/context.ts';
import type { EagerSource } from '../server/delivery.ts';
import { requestError } from '../server/errors.ts';
import { decodeAlertCursor, decodeCursor, type Positions } from './cursor.ts';

/** Accounts in one subscription. */
const MAX_ACCOUNTS = 50;

export const subscriptionResolvers: Resolvers = {
  Subscription: {
    orderUpdates: {
      subscribe: async (_, { accountIds, after }, context) => {
        const accounts = await ownAccounts(context, [...new Set(accountIds)]);
        const ids = accounts.map(({ id }) => id);
        const positions = typeof after === 'string' ? await orderPositions(context, after, ids) : null;
        return wrapped('orderUpdates', context.orderUpdates.subscribe(ids, positions));
      },
    },
    alertUpdates: {
      subscribe: async (_, { accountIds, after }, context) => {
        const accounts = await ownAccounts(context, [...new Set(accountIds)]);
        const ids = accounts.map(({ id }) => id);
        const positions = typeof after === 'string' ? await alertPositions(context, after, ids) : null;
        return wrapped('alertUpdates', context.alertUpdates.subscribe(ids, positions));
      },
    },
    ticker: {
      subscribe: async (_, { exchange: name, symbol }, context) => {
        const exchange = knownExchange(name);
        const found = isId(symbol) ? await context.ports.observations.markets(exchange, [symbol]) : [];
        if (found.length === 0)
          throw requestError('INVALID_INPUT', `${exchange} has no market "${symbol.slice(0, 40)}"`, ['symbol']);
        return wrapped('ticker', context.tickers.watch(exchange, symbol));
      },
    },
  },
};

/** Throws NOT_FOUND when one of them is not the caller's. */
async function ownAccounts(context: GatewayContext, accountIds: readonly string[]): Promise<readonly Account[]> {
  if (accountIds.length === 0 || accountIds.length > MAX_ACCOUNTS)
    throw requestError('INVALID_INPUT', `accountIds must list 1 to ${MAX_ACCOUNTS} accounts`, ['accountIds']);
  return Promise.all(accountIds.map((accountId) => ownAccount(context, accountId)));
}

type Bounds = Awaited<ReturnType<GatewayContext['ports']['ledger']['journalBounds']>>;

async function orderPositions(context: GatewayContext, after: string, accountIds: string[]): Promise<Positions> {
  const positions = positionsOf(decodeCursor(after), accountIds);
  checkBounds(positions, await context.ports.ledger.journalBounds(accountIds));
  return positions;
}

/** The changes of alerts are kept for ever. */
async function alertPositions(context: GatewayContext, after: string, accountIds: string[]): Promise<Positions> {
  const positions = positionsOf(decodeAlertCursor(after), accountIds);
  const ends = await context.ports.alerts.positions(accountIds);
  checkBounds(positions, new Map([...ends].map(([accountId, newest]) => [accountId, { oldest: 0n, newest }])));
  return positions;
}

/** Throws INVALID_INPUT when the cursor is not one of exactly these accounts: a resume must be exact for each. */
function positionsOf(positions: Positions | null, accountIds: readonly string[]): Positions {
  const refused = (what: string): Error =>
    requestError('INVALID_INPUT', `${what}: subscribe without it, or with the last cursor of this subscription`, [
      'after',
    ]);
  if (positions === null) throw refused('after is not a cursor of this subscription');
  if (positions.size !== accountIds.length || !accountIds.every((accountId) => positions.has(accountId)))
    throw refused('after is a cursor of other accounts than those of accountIds');
  return positions;
}

/**
 * Throws INVALID_INPUT when a position was never given out (the journal may have been restored from a backup), and
 * CURSOR_EXPIRED when what followed it was purged.
 */
function checkBounds(positions: Positions, bounds: Bounds): void {
  for (const [accountId, position] of positions) {
    const { oldest, newest } = bounds.get(accountId) ?? { oldest: 0n, newest: 0n };
    if (position > newest)
      throw requestError(
        'INVALID_INPUT',
        'after is ahead of the journal, which did not give it out: subscribe without it for a snapshot',
        ['after'],
      );
    if (position < oldest)
      throw requestError(
        'CURSOR_EXPIRED',
        'what followed this cursor has been purged: subscribe without after for a snapshot',
        ['after'],
      );
  }
}

/** Under the field's name, as the executor expects the messages of a subscription. */
function wrapped<Name extends string, T>(name: Name, source: EagerSource<T>): EagerSource<Record<Name, T>> {
  const named = (value: T): Record<Name, T> => ({ [name]: value }) as Record<Name, T>;
  const wrap = ({ done, value }: IteratorResult<T, void>): IteratorResult<Record<Name, T>, void> =>
    done === true ? { done, value } : { done: false, value: named(value) };
  return {
    takeWaiting: (limit) => source.takeWaiting(limit).map(named),
    next: async () => wrap(await source.next()),
    return: async () => wrap((await source.return?.()) ?? { done: true, value: undefined }),
    throw: async (error: unknown) => wrap((await source.throw?.(error)) ?? { done: true, value: undefined }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
