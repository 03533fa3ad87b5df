import type { ExchangeId, PauseNotice } from '@orderplane/domain';
import { EXCHANGE_IDS } from '@orderplane/domain';
import type { AccountContext, ExchangeAdapter, MarketDataAdapter, Subscription } from '@orderplane/exchange';
import { traced, type Metrics } from '@orderplane/service-kit';

/** Sees every call at an exchange: counted by outcome, timed, and one span of its trace. */
export interface ExchangeMeter {
  account(adapter: ExchangeAdapter, account: Pick<AccountContext, 'accountId' | 'exchange'>): ExchangeAdapter;
  marketData(adapter: MarketDataAdapter): MarketDataAdapter;
  /** An exchange told us to wait. */
  paused(notice: PauseNotice): void;
}

type Method = (...args: unknown[]) => unknown;
interface Called {
  readonly exchange: ExchangeId;
  readonly accountId: string | null;
}

function openMeters(metrics: Metrics) {
  const seconds = metrics.histogram('exchange_call_seconds', 'Duration of a call at an exchange, all its requests', [
    'exchange',
    'call',
  ]);
  const calls = metrics.counter('exchange_calls_total', 'Calls at an exchange by what came of them', [
    'exchange',
    'call',
    'outcome',
  ]);
  const waits = metrics.counter(
    'exchange_rate_limit_waits_total',
    'Requests about orders that found no room in the rate limits and came again later',
    ['exchange', 'call'],
  );
  const pauses = metrics.counter('exchange_pauses_total', 'Times that an exchange told us to wait', ['exchange']);
  const streams = metrics.gauge('exchange_order_streams', 'Order streams of this process', ['exchange', 'state']);
  return { seconds, calls, waits, pauses, streams };
}

export function meterExchanges(metrics: Metrics): ExchangeMeter {
  const { seconds, calls, waits, pauses, streams } = openMeters(metrics);
  const measured = (called: Called, call: string, method: Method, args: readonly unknown[]): unknown => {
    const { exchange } = called;
    const startedAt = performance.now();
    const done = (outcome: string): void => {
      seconds.observe({ exchange, call }, (performance.now() - startedAt) / 1_000);
      calls.inc({ exchange, call, outcome });
    };
    const facts = {
      'orderplane.exchange': exchange,
      'orderplane.account_id': called.accountId,
      'orderplane.venue_client_id': textIn(args[0], 'venueClientId'),
    };
    return traced(
      `${exchange} ${call}`,
      facts,
      async (span) => {
        try {
          const result = await method(...args);
          const outcome = outcomeOf(result);
          done(outcome);
          span.note({ 'orderplane.outcome': outcome });
          return result;
        } catch (error) {
          done('thrown');
          throw error;
        }
      },
      { kind: 'client' },
    );
  };
  return {
    account: (adapter, { accountId, exchange }) =>
      wrapped(adapter, (name, method) => {
        switch (name) {
          case 'close':
            return method;
          case 'watchOrders':
            return (sink) => watched(method, sink, (state, by) => streams.inc({ exchange, state }, by));
          case 'reserve':
            return async (request) => {
              const room = await method(request);
              if (isRefused(room)) waits.inc({ exchange, call: textIn(request, 'kind') ?? 'unknown' });
              return room;
            };
          default:
            // What an adapter does at an exchange resolves to an outcome.
            return (...args) => measured({ exchange, accountId }, name, method, args);
        }
      }),
    marketData: (adapter) =>
      wrapped(adapter, (name, method) =>
        name === 'close' || name === 'watchTicker'
          ? method
          : (...args) => measured({ exchange: adapter.exchange, accountId: null }, name, method, args),
      ),
    paused: ({ place }) => {
      const exchange = EXCHANGE_IDS.find((id) => place.startsWith(`${id}:`));
      if (exchange !== undefined) pauses.inc({ exchange });
    },
  };
}

/**
 * The same object with its methods replaced, also those that do not exist yet: what an adapter learns later is measured
 * too, and nothing can be left out by mistake.
 */
function wrapped<Adapter extends object>(adapter: Adapter, replace: (name: string, method: Method) => Method): Adapter {
  const known = new Map<string, Method>();
  return new Proxy(adapter, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || typeof name !== 'string') return member;
      let method = known.get(name);
      if (method === undefined) {
        // Private fields belong to the target: its methods can't run on the proxy.
        method = replace(name, (member as Method).bind(target));
        known.set(name, method);
      }
      return method;
    },
  });
}

type Sink = (event: { readonly type: string }) => void;

/** Counts the stream as down until it says that it is up, and as neither when it is closed. */
function watched(watch: Method, sink: unknown, count: (state: 'up' | 'down', by: number) => void): Subscription {
  let state: 'up' | 'down' | null = null;
  const become = (next: 'up' | 'down' | null): void => {
    if (state !== null) count(state, -1);
    if (next !== null) count(next, 1);
    state = next;
  };
  let closed = false;
  become('down');
  const subscription = watch((event: { readonly type: string }) => {
    if (!closed && event.type === 'connected') become('up');
    if (!closed && event.type === 'disconnected') become('down');
    (sink as Sink)(event);
  }) as Subscription;
  return {
    close: () => {
      if (!closed) become(null);
      closed = true;
      return subscription.close();
    },
  };
}

/**
 * What came of a call, from the words that the adapter's results have: `kind` of commands and checks, the coverage of
 * lists, what a look-up proves. All of them are closed sets.
 */
function outcomeOf(result: unknown): string {
  const kind = textIn(result, 'kind');
  if (kind !== null) return kind;
  const coverage = fieldIn(result, 'coverage');
  if (coverage !== undefined) {
    if (fieldIn(coverage, 'complete') === true) return 'complete';
    if (fieldIn(coverage, 'isRateLimited') === true) return 'rateLimited';
    return fieldIn(coverage, 'keyRefused') === true ? 'auth' : 'incomplete';
  }
  if (fieldIn(result, 'provesAbsence') === undefined) return 'ok';
  if (fieldIn(result, 'order') !== null) return 'found';
  if (typeof fieldIn(result, 'rateLimitedMs') === 'number') return 'rateLimited';
  return fieldIn(result, 'provesAbsence') === true ? 'absent' : 'unclear';
}

const fieldIn = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (Reflect.get(value, name) as unknown) : undefined;
const textIn = (value: unknown, name: string): string | null => {
  const field = fieldIn(value, name);
  return typeof field === 'string' ? field : null;
};
const isRefused = (room: unknown): boolean => fieldIn(room, 'granted') === false;
