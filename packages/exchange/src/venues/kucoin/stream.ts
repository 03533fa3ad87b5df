import type { CcxtInstance } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { OrderStreamProtocol, StreamSignal } from '../../venue.ts';

const OTHER: StreamSignal = { kind: 'other' };

const ORDERS = '/spotMarket/tradeOrders';
const STOPS = '/spotMarket/advancedOrders';

/**
 * News of stops name no client id, so a living stop that was placed a moment ago would pass for somebody else's: those
 * are left to the look-ups. An end hurts nobody whose id is not known yet, and nothing else tells of it so soon.
 */
function tellsAnEnd(data: unknown): boolean {
  if (!isRecord(data)) return true;
  return data['type'] === 'cancel' || (data['type'] === 'triggered' && data['triggerSuccess'] === false);
}

function signal(message: unknown): StreamSignal {
  if (!isRecord(message)) return OTHER;
  switch (message['type']) {
    case 'ack':
      return { kind: 'subscribed' };
    case 'error': {
      const said = `${JSON.stringify(message['code'])}: ${JSON.stringify(message['data'])}`;
      return { kind: 'refused', error: said.slice(0, 200) };
    }
    case 'message': {
      const { topic } = message;
      const isNews = topic === ORDERS || (topic === STOPS && tellsAnEnd(message['data']));
      return isNews ? { kind: 'news', payloads: [message], sequence: null } : OTHER;
    }
    default:
      return OTHER;
  }
}

interface Watcher {
  negotiate(isPrivate: boolean): Promise<string>;
  watchOrders(symbol?: undefined, since?: undefined, limit?: undefined, parameters?: object): Promise<unknown>;
}
const watcher = (instance: CcxtInstance): Watcher => instance as unknown as Watcher;

/** A token comes with the address. ccxt keeps it for good; here every connection gets a fresh one. */
async function url(instance: CcxtInstance): Promise<string> {
  const kept = instance.options['urls'];
  instance.options['urls'] = { ...(isRecord(kept) ? kept : {}), private: undefined };
  return watcher(instance).negotiate(true);
}

export const kucoinStream: OrderStreamProtocol = {
  // KuCoin asks for a ping every 18 s and waits 10 s more.
  keepAliveMs: 9_000,
  silenceMs: 25_000,
  url,
  watch: (instance) =>
    Promise.all([
      watcher(instance).watchOrders(),
      watcher(instance).watchOrders(undefined, undefined, undefined, { trigger: true }),
    ]),
  subscriptions: 2,
  signal,
  method: 'watchOrders',
};
