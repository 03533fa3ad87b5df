import { endpoint } from '../../ccxt.ts';
import type { CcxtInstance } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';

/** MEXC documentation, "Websocket User Data Streams": a key is valid for an hour; renewing is advised every 30 min. */
const RENEW_EVERY_MS = 20 * 60_000;
/** An account gets sixty keys an hour, each good for five connections: a stream that keeps breaking must not use them up. */
const DIALS_PER_KEY = 5;

interface ListenKey {
  readonly key: string;
  dials: number;
}

const keys = new WeakMap<CcxtInstance, ListenKey>();

/** The next dial asks for a new key. */
export function forgetListenKey(instance: CcxtInstance): void {
  keys.delete(instance);
  instance.options['listenKey'] = undefined;
}

function streamBase(instance: CcxtInstance): string {
  const { ws } = instance.urls.api as { ws: { spot: string } };
  return ws.spot;
}

const addressOf = (instance: CcxtInstance, key: string): string => `${streamBase(instance)}?listenKey=${key}`;

/** Throws what ccxt throws when the exchange gives no key. */
async function obtain(instance: CcxtInstance): Promise<string> {
  const answer = await endpoint(instance, 'spotPrivatePostUserDataStream')({});
  const key = isRecord(answer) ? answer['listenKey'] : undefined;
  if (typeof key !== 'string' || key === '') throw new Error('the answer holds no listen key');
  return key;
}

/**
 * Keeps a key valid for as long as it is in use. One that can't be renewed is given up with its socket, because a
 * stream whose key has run out may stay open and say nothing. ccxt's own renewal has timers that outlive their session.
 */
function renewLater(instance: CcxtInstance, key: string): void {
  const timer = setTimeout(() => {
    if (keys.get(instance)?.key !== key) return;
    endpoint(
      instance,
      'spotPrivatePutUserDataStream',
    )({ listenKey: key }).then(
      () => renewLater(instance, key),
      () => {
        if (keys.get(instance)?.key !== key) return;
        forgetListenKey(instance);
        instance.clients[addressOf(instance, key)]?.connection?.terminate?.();
      },
    );
  }, RENEW_EVERY_MS);
  timer.unref();
}

/** Address of the private stream, with a key that ccxt finds in its options and therefore neither asks for nor renews. */
export async function privateAddress(instance: CcxtInstance): Promise<string> {
  const held = keys.get(instance);
  if (held !== undefined && held.dials < DIALS_PER_KEY) {
    held.dials += 1;
    return addressOf(instance, held.key);
  }
  forgetListenKey(instance);
  const key = await obtain(instance);
  keys.set(instance, { key, dials: 1 });
  instance.options['listenKey'] = key;
  renewLater(instance, key);
  return addressOf(instance, key);
}
