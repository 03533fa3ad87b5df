import { createPrivateKey, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { CcxtInstance } from '../../ccxt.ts';
import { DeadlinePassed } from '../../transport.ts';
import type { MillisecondClock } from '../../venue.ts';

/** What ccxt's Coinbase class has beside the others. */
interface CoinbaseInstance extends CcxtInstance {
  readonly apiKey: string | undefined;
  readonly secret: string | undefined;
  createAuthToken(seconds: number, method?: string, url?: string): string;
  createWSAuth(channel: string, productIds: readonly string[]): unknown;
  subscribe(channel: string, isPrivate: boolean): Promise<unknown>;
}

/** An instant of our clock in Coinbase's time, ms. The offset is 0 until a refused token made us ask for it. */
export const exchangeTime = (instance: CcxtInstance, ms: number): number => {
  const offset = instance.options['timeDifference'];
  return ms - (typeof offset === 'number' ? offset : 0);
};

/** A parameter of ours: the instant (ms) after which the request must not be let in any more. Not sent. */
const DEADLINE = 'orderplaneDeadline';

export const until = (deadlineAt: string): Readonly<Record<string, number>> => ({ [DEADLINE]: Date.parse(deadlineAt) });

/** Longest life of a token (documentation: two minutes). */
const LIFE_SECONDS = 120;
/** A token begins a little before now: a clock that is ahead by less is no reason to refuse it. */
const EARLY_SECONDS = 5;

/**
 * The key of the account, or null where it is none of that kind (PEM, P-256). Keys come from Coinbase as JSON, whose
 * line breaks survive as "\n" in many configurations.
 */
function keyOf(secret: string | undefined): KeyObject | null {
  if (secret === undefined || !secret.startsWith('-----BEGIN')) return null;
  const key = createPrivateKey(secret.replaceAll('\\n', '\n'));
  return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : null;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

interface TokenTerms {
  readonly keyName: string;
  readonly key: KeyObject;
  /** s since the epoch, Coinbase's time. */
  readonly nowSeconds: number;
  readonly expiresAtSeconds: number;
  /** "POST api.coinbase.com/api/v3/brokerage/orders"; tokens for streams name no request. */
  readonly uri: string | null;
}

/** ES256 over header and claims as documented; signed by Node's own code, 20 times as fast as ccxt's (measured). */
export function tokenFor({ keyName, key, nowSeconds, expiresAtSeconds, uri }: TokenTerms): string {
  const nbf = nowSeconds - EARLY_SECONDS;
  const header = { alg: 'ES256', typ: 'JWT', kid: keyName, nonce: randomBytes(16).toString('hex') };
  const claims = {
    aud: ['retail_rest_api_proxy'],
    iss: 'coinbase-cloud',
    nbf,
    exp: Math.min(expiresAtSeconds, nbf + LIFE_SECONDS),
    sub: keyName,
    iat: nbf,
    ...(uri === null ? {} : { uri }),
  };
  const signed = `${encode(header)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

const uriOf = (method: string, url: string): string =>
  `${method} ${url.replace(/^https:\/\//, '').split('?')[0] ?? ''}`;

/**
 * Coinbase has no field for a submission deadline, but it lets in only what carries a token that has not expired: ours
 * expire at the deadline of their request. A request that is signed again keeps its deadline.
 */
export function signWithTokens(plain: CcxtInstance, clock: MillisecondClock): void {
  const instance = plain as CoinbaseInstance;
  const key = keyOf(instance.secret);
  let deadlineMs: number | null = null;
  const signRequest = instance.sign.bind(instance);
  instance.sign = (path, api, method, parameters, ...rest) => {
    const { [DEADLINE]: deadline, ...native } = parameters;
    if (typeof deadline !== 'number') return signRequest(path, api, method, parameters, ...rest);
    if (deadline <= clock.now()) throw new DeadlinePassed();
    // Signing is synchronous: the token is made before this function returns.
    deadlineMs = deadline;
    try {
      return signRequest(path, api, method, native, ...rest);
    } finally {
      deadlineMs = null;
    }
  };
  if (key === null) return;
  instance.createAuthToken = (_seconds, method, url) => {
    const nowSeconds = Math.floor(exchangeTime(instance, clock.now()) / 1000);
    const expiresAtSeconds =
      deadlineMs === null ? nowSeconds + LIFE_SECONDS : Math.ceil(exchangeTime(instance, deadlineMs) / 1000);
    const uri = method === undefined || url === undefined ? null : uriOf(method, url);
    return tokenFor({ keyName: instance.apiKey ?? '', key, nowSeconds, expiresAtSeconds, uri });
  };
  const authorize = instance.createWSAuth.bind(instance);
  instance.createWSAuth = (channel, productIds) => {
    // ccxt keeps a stream's token for as long as it lives, and may send it when it has just expired.
    Reflect.deleteProperty(instance.options, 'wsToken');
    return authorize(channel, productIds);
  };
}

/**
 * The user channel is silent while nothing happens, and Coinbase closes silent sockets: heartbeats are subscribed beside
 * it (documentation: "Heartbeats channel"). Their numbers show what was lost, too.
 */
export function watchWithHeartbeats(plain: CcxtInstance): void {
  const instance = plain as CoinbaseInstance;
  const watchOrders = instance.watchOrders.bind(instance);
  instance.watchOrders = () => {
    const watching = watchOrders();
    // Nothing ever resolves it; it ends with the socket.
    instance.subscribe('heartbeats', false).catch(() => undefined);
    return watching;
  };
}

/** Offsets below this are the resolution of Coinbase's clock answer (whole seconds). */
const SMALLEST_OFFSET_MS = 1_500;

const offsetOf = (instance: CcxtInstance): number => exchangeTime(instance, 0);

/**
 * A refused token is a definite refusal, and says not whether the key or the clock is wrong: the exchange's time tells.
 * Signed again only where the offset turns out to be another one than was used.
 */
export async function repairClock(instance: CcxtInstance, error: unknown): Promise<boolean> {
  const isRefused =
    error instanceof Error &&
    (error.name === 'AuthenticationError' || error.message.startsWith('refused: authentication failure'));
  if (!isRefused) return false;
  const before = offsetOf(instance);
  await instance.loadTimeDifference();
  const learnt = instance.options['timeDifference'];
  if (typeof learnt !== 'number' || Math.abs(learnt) < SMALLEST_OFFSET_MS) instance.options['timeDifference'] = 0;
  return Math.abs(offsetOf(instance) - before) >= SMALLEST_OFFSET_MS;
}
