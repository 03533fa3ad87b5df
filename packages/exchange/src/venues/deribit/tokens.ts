import { createHmac, randomBytes } from 'node:crypto';
import { endpoint } from '../../ccxt.ts';
import type { CcxtInstance } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { safeMessage, SessionNotEntered } from '../../transport.ts';
import type { SessionEntry } from '../../venue.ts';

/**
 * Sessions by tokens (documentation "Authentication", "Fork and Exchange Tokens"). An access token goes with a request as
 * `Authorization: Bearer …`, and its refresh token gives
 *   - the same session anew:            public/auth, grant_type refresh_token
 *   - one for another subject:          public/exchange_token, subject_id (a subaccount's number)
 *   - one of a session with a new name: public/fork_token, session_name; only of a token with a session scope
 * Tokens stay in the memory of the process that asked for them: the key leads to them again at any time, so nothing is
 * lost with them and nothing has to be kept.
 */
export interface Tokens {
  readonly access: string;
  readonly refresh: string;
  readonly scope: string;
  readonly lifeMs: number;
}

/** The session that the others are made from. A name, so that it is one of the 16 that a key may have, however often it is opened. */
const ROOT = 'orderplane';
/** A token is renewed when a fifth of its life is left. */
const RENEW_AT = 0.8;

/** Signed is "timestamp, nonce, data", a line each; there is no data. The secret itself is not sent. */
export function signedGrant({ apiKey, secret }: SessionEntry['credentials'], timestamp: number) {
  const nonce = randomBytes(8).toString('hex');
  const signature = createHmac('sha256', secret).update(`${timestamp}\n${nonce}\n`).digest('hex');
  return { grant_type: 'client_signature', client_id: apiKey, timestamp, nonce, signature, data: '' };
}

export function tokensIn(payload: unknown): Tokens | null {
  if (!isRecord(payload)) return null;
  const { access_token: access, refresh_token: refresh, scope, expires_in: seconds } = payload;
  if (typeof access !== 'string' || typeof refresh !== 'string' || typeof scope !== 'string') return null;
  const life = Number(seconds);
  return { access, refresh, scope, lifeMs: Number.isFinite(life) && life > 0 ? life * 1_000 : 0 };
}

export interface EntryStep {
  readonly what: 'auth' | 'subject' | 'name' | 'renew';
  readonly ask: () => Promise<unknown>;
}

const renewal = (instance: CcxtInstance, refresh: string): EntryStep => ({
  what: 'renew',
  ask: () => endpoint(instance, 'publicGetAuth')({ grant_type: 'refresh_token', refresh_token: refresh }),
});

/** The questions that lead into a session, one after the other; each is answered by its payload. Null: it can't be read. */
export function* entering(instance: CcxtInstance, entry: SessionEntry): Generator<EntryStep, Tokens | null, unknown> {
  const { subject, name, credentials, clock } = entry;
  const grant = { ...signedGrant(credentials, clock.now()), scope: `session:${ROOT}` };
  let tokens = tokensIn(yield { what: 'auth', ask: () => endpoint(instance, 'publicGetAuth')(grant) });
  if (tokens !== null && subject !== null) {
    const asked = { refresh_token: tokens.refresh, subject_id: subject };
    tokens = tokensIn(yield { what: 'subject', ask: () => endpoint(instance, 'publicGetExchangeToken')(asked) });
  }
  if (tokens !== null && name !== null) {
    const asked = { refresh_token: tokens.refresh, session_name: name };
    tokens = tokensIn(yield { what: 'name', ask: () => endpoint(instance, 'publicGetForkToken')(asked) });
  }
  if (tokens !== null && entry.renew === true) tokens = tokensIn(yield renewal(instance, tokens.refresh));
  return tokens;
}

/** The tokens of one instance. */
export class TokenBook {
  readonly entry: SessionEntry;
  readonly #instance: CcxtInstance;
  #held: { readonly tokens: Tokens; readonly renewAtMs: number } | null = null;
  #opening: Promise<void> | null = null;
  #isAside = false;

  constructor(instance: CcxtInstance, entry: SessionEntry) {
    this.#instance = instance;
    this.entry = entry;
  }

  get access(): string | null {
    return this.#held?.tokens.access ?? null;
  }

  use(tokens: Tokens): void {
    this.#held = { tokens, renewAtMs: this.entry.clock.now() + tokens.lifeMs * RENEW_AT };
  }

  forget(): void {
    this.#held = null;
  }

  /** From now on requests go with the key alone. */
  standAside(): void {
    this.#isAside = true;
    this.#held = null;
  }

  /** Calls that come together wait for one answer. */
  ready(): Promise<void> {
    if (this.#isAside) return Promise.resolve();
    if (this.#held !== null && this.entry.clock.now() < this.#held.renewAtMs) return Promise.resolve();
    this.#opening ??= this.#renew().finally(() => (this.#opening = null));
    return this.#opening;
  }

  /** Tokens that nobody else uses. */
  async open(): Promise<Tokens> {
    const steps = entering(this.#instance, this.entry);
    let step = steps.next();
    while (step.done !== true) step = steps.next(await this.#ask(step.value));
    if (step.value === null) throw new SessionNotEntered('the answer can’t be read');
    return step.value;
  }

  async #renew(): Promise<void> {
    const refresh = this.#held?.tokens.refresh;
    // A session that can't be renewed any more is entered again, with the key.
    const renewed = refresh === undefined ? null : await this.#ask(renewal(this.#instance, refresh)).catch(() => null);
    this.use(tokensIn(renewed) ?? (await this.open()));
  }

  async #ask({ what, ask }: EntryStep): Promise<unknown> {
    try {
      const answer = await ask();
      return isRecord(answer) ? answer['result'] : null;
    } catch (error) {
      throw new SessionNotEntered(`${what}: ${safeMessage(error)}`);
    }
  }
}

const books = new WeakMap<CcxtInstance, TokenBook>();

/** Undefined: the instance signs with the key alone. */
export const bookOf = (instance: CcxtInstance): TokenBook | undefined => books.get(instance);

/** Requests go with the session's token, and the stream logs in with a token of its own: renewing one uses it up. */
export function enterSession(instance: CcxtInstance, entry: SessionEntry): TokenBook {
  const book = new TokenBook(instance, entry);
  books.set(instance, book);
  const sign = instance.sign.bind(instance);
  instance.sign = (path, api, method, parameters, ...rest) => {
    const signed = sign(path, api, method, parameters, ...rest) as { readonly headers?: object };
    if (api !== 'private' || book.access === null) return signed;
    return { ...signed, headers: { ...signed.headers, Authorization: `Bearer ${book.access}` } };
  };
  const sockets = instance as unknown as Sockets;
  sockets.authenticate = async () => {
    const { refresh } = await book.open();
    const { ws } = instance.urls.api as { ws: string };
    const client = instance.client(ws) as unknown as { subscriptions: Record<string, unknown> };
    const params = { grant_type: 'refresh_token', refresh_token: refresh };
    const login = { jsonrpc: '2.0', id: sockets.requestId(), method: 'public/auth', params };
    client.subscriptions[LOGIN] ??= await sockets.watch(ws, LOGIN, login, LOGIN);
    return client.subscriptions[LOGIN];
  };
  return book;
}

const LOGIN = 'authenticated';
interface Sockets {
  authenticate(): Promise<unknown>;
  requestId(): number;
  watch(url: string, messageHash: string, message: object, subscribeHash: string): Promise<unknown>;
}

/** A token that is not taken any more (13009) was no request: another one is asked for, and the request goes again. */
export function renewTokens(instance: CcxtInstance, error: unknown): boolean {
  const book = bookOf(instance);
  if (book === undefined || !(error instanceof Error) || !/"code":\s*"?13009\b/.test(error.message)) return false;
  book.forget();
  return true;
}
