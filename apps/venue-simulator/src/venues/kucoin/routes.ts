import type { RequestKind, SimAccount, VenueContext } from '../protocol.ts';
import type { DeadManSwitches } from './dead-man.ts';
import type { Pool } from './limits.ts';
import { CURRENCIES } from './markets.ts';
import type { Params } from './params.ts';
import { allTickers, best, histories, stats, symbol, symbols } from './public-data.ts';
import {
  accounts,
  activeSymbols,
  keyInfo,
  listActive,
  listActivePage,
  listDone,
  listFills,
  listStops,
  queryByClientId,
  queryOrder,
  queryStop,
  queryStopByClientId,
} from './queries.ts';
import type { Tokens } from './tokens.ts';
import type { Trading } from './trading.ts';
import { cancelled, cancelledByClientId, synchronous } from './trading.ts';

export interface Call {
  /** Empty on public requests. */
  readonly account: string;
  /** What opened the account; null on public requests. */
  readonly key: SimAccount | null;
  /** What the path names; empty where it names nothing. */
  readonly named: string;
  readonly params: Params;
  readonly requestTime: number | null;
}

export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly kind: RequestKind;
  readonly isPrivate: boolean;
  readonly pool: Pool;
  readonly weight: number;
  /** What the named part of the path is. */
  readonly names: 'orderId' | 'clientOid' | null;
  run(call: Call): unknown;
}

export interface Services {
  readonly context: VenueContext;
  readonly trading: Trading;
  readonly tokens: Tokens;
  readonly switches: DeadManSwitches;
}

type Run = Route['run'];

/** `{orderId}` or `{clientOid}` in a path names an order. */
function route(
  kind: RequestKind,
  pool: Pool,
  weight: number,
  address: string,
  run: Run,
  isPrivate = pool !== 'public',
): Route {
  const [method = 'GET', path = ''] = address.split(' ');
  const names = path.includes('{orderId}') ? 'orderId' : path.includes('{clientOid}') ? 'clientOid' : null;
  const pattern = path.replaceAll('.', '\\.').replace(/\{\w+\}/, '([^/]+)');
  return { method, path: new RegExp(`^/api/${pattern}$`), kind, isPrivate, pool, weight, names, run };
}

const submits = ({ trading }: Services): Route[] => {
  const sync = synchronous((order) => trading.placed(order));
  return [
    route('submit', 'spot', 1, 'POST v1/hf/orders', ({ params, account, requestTime }) =>
      trading.placed(trading.place(params, account, requestTime)),
    ),
    route('submit', 'spot', 1, 'POST v1/hf/orders/sync', ({ params, account, requestTime }) =>
      sync(trading.place(params, account, requestTime)),
    ),
    route('submit', 'spot', 1, 'POST v1/hf/orders/multi', ({ params, account }) =>
      trading.placeBatch(params, account, (order) => trading.placed(order)),
    ),
    route('submit', 'spot', 1, 'POST v1/hf/orders/multi/sync', ({ params, account }) =>
      trading.placeBatch(params, account, sync),
    ),
    route('other', 'spot', 1, 'POST v1/hf/orders/test', ({ params, account }) => trading.test(params, account)),
    route('submit', 'spot', 1, 'POST v1/stop-order', ({ params, account }) => trading.placeStop(params, account)),
    route('amend', 'spot', 1, 'POST v1/hf/orders/alter', ({ params, account }) => trading.alter(params, account)),
  ];
};

/** Fixed paths stand before those that name an order. */
const cancels = ({ trading, switches }: Services): Route[] => [
  route('cancel', 'spot', 30, 'DELETE v1/hf/orders/cancelAll', ({ account }) => trading.cancelAll(account)),
  route('cancel', 'spot', 1, 'DELETE v1/hf/orders/client-order/{clientOid}', ({ params, account, named }) =>
    cancelledByClientId(trading.cancelByClientId(params, account, named)),
  ),
  route('cancel', 'spot', 1, 'DELETE v1/hf/orders/sync/client-order/{clientOid}', ({ params, account, named }) =>
    synchronous(cancelledByClientId)(trading.cancelByClientId(params, account, named)),
  ),
  route('cancel', 'spot', 1, 'DELETE v1/hf/orders/sync/{orderId}', ({ params, account, named }) =>
    synchronous(cancelled)(trading.cancel(params, account, named)),
  ),
  route('cancel', 'spot', 2, 'DELETE v1/hf/orders/cancel/{orderId}', ({ params, account, named }) =>
    trading.cancelPart(params, account, named),
  ),
  route('cancel', 'spot', 1, 'DELETE v1/hf/orders/{orderId}', ({ params, account, named }) =>
    cancelled(trading.cancel(params, account, named)),
  ),
  route('cancel', 'spot', 2, 'DELETE v1/hf/orders', ({ params, account }) => trading.cancelSymbol(params, account)),
  route('cancel', 'spot', 5, 'DELETE v1/stop-order/cancelOrderByClientOid', ({ params, account }) =>
    trading.cancelStopByClientId(params, account),
  ),
  route('cancel', 'spot', 3, 'DELETE v1/stop-order/cancel', ({ params, account }) =>
    trading.cancelStops(params, account),
  ),
  route('cancel', 'spot', 3, 'DELETE v1/stop-order/{orderId}', ({ account, named }) =>
    trading.cancelStop(account, named),
  ),
  route('cancel', 'spot', 2, 'POST v1/hf/orders/dead-cancel-all', ({ params, account }) =>
    switches.set(params, account),
  ),
];

const reads = ({ context, switches }: Services): Route[] => [
  route('list', 'spot', 2, 'GET v1/hf/orders/active', ({ params, account }) => listActive(context, account, params)),
  route('list', 'spot', 2, 'GET v1/hf/orders/active/page', ({ params, account }) =>
    listActivePage(context, account, params),
  ),
  route('list', 'spot', 2, 'GET v1/hf/orders/active/symbols', ({ account }) => activeSymbols(context, account)),
  route('list', 'spot', 2, 'GET v1/hf/orders/done', ({ params, account }) => listDone(context, account, params)),
  route('list', 'spot', 2, 'GET v1/hf/fills', ({ params, account }) => listFills(context, account, params)),
  route('other', 'spot', 2, 'GET v1/hf/orders/dead-cancel-all/query', ({ account }) => switches.query(account)),
  route('query', 'spot', 2, 'GET v1/hf/orders/client-order/{clientOid}', ({ params, account, named }) =>
    queryByClientId(context, account, named, params),
  ),
  route('query', 'spot', 2, 'GET v1/hf/orders/{orderId}', ({ params, account, named }) =>
    queryOrder(context, account, named, params),
  ),
  route('list', 'spot', 8, 'GET v1/stop-order', ({ params, account }) => listStops(context, account, params)),
  route('query', 'spot', 3, 'GET v1/stop-order/queryOrderByClientOid', ({ params, account }) =>
    queryStopByClientId(context, account, params),
  ),
  route('query', 'spot', 3, 'GET v1/stop-order/{orderId}', ({ account, named }) => queryStop(context, account, named)),
  route('other', 'management', 20, 'GET v1/user/api-key', ({ key }) => keyInfo(key)),
  route('list', 'management', 5, 'GET v1/accounts', ({ params, account }) => accounts(context, account, params)),
];

/** Nothing is on margin, in futures or in a unified account: the lists that ccxt asks for with its default options are empty. */
const start = ({ context, tokens }: Services): Route[] => [
  route('other', 'spot', 2, 'GET v1/hf/accounts/opened', () => true),
  route('other', 'management', 2, 'GET ua/v1/account/mode', () => ({ selfAccountMode: 'CLASSIC' })),
  route('other', 'spot', 3, 'GET v3/margin/symbols', () => ({ timestamp: context.now(), items: [] })),
  route('other', 'spot', 3, 'GET v1/isolated/symbols', () => []),
  route('other', 'spot', 10, 'POST v1/bullet-private', ({ account }) => tokens.issue(account, context.now())),
  route('other', 'public', 10, 'POST v1/bullet-public', () => tokens.issue(null, context.now())),
  route('other', 'public', 3, 'GET v1/contracts/active', () => []),
];

const open = ({ context }: Services): Route[] => [
  route('other', 'public', 3, 'GET v1/timestamp', () => context.now()),
  route('other', 'public', 3, 'GET v1/status', () => ({ status: 'open', msg: '' })),
  route('other', 'public', 4, 'GET v2/symbols', ({ params }) => symbols(params)),
  route('other', 'public', 4, 'GET v2/symbols/{symbol}', ({ named }) => symbol(named)),
  route('other', 'public', 3, 'GET v3/currencies', () => CURRENCIES),
  route('other', 'public', 15, 'GET v1/market/stats', ({ params }) => stats(context, params)),
  route('other', 'public', 15, 'GET v1/market/allTickers', () => allTickers(context)),
  route('other', 'public', 2, 'GET v1/market/orderbook/level1', ({ params }) => best(context, params)),
  route('other', 'public', 3, 'GET v1/market/histories', ({ params }) => histories(context, params)),
];

/** The first that matches answers. */
export const routesOf = (services: Services): readonly Route[] =>
  [submits, cancels, reads, start, open].flatMap((group) => group(services));
