import { createHmac } from 'node:crypto';
import { permissionsOf } from '../../keys.ts';
import type { AccountBook, SimAccount } from '../protocol.ts';
import { hmac, isSame } from './auth.ts';
import type { Params } from './params.ts';
import { integer, oneOf, required } from './params.ts';
import { badParameter, refuse } from './refusal.ts';

/** What a token stands for. */
export interface Grant {
  readonly account: SimAccount;
  readonly scope: string;
  /** Name of the session that the token belongs to; null: to its connection. */
  readonly session: string | null;
}
interface Issued extends Grant {
  readonly kind: 'access' | 'refresh';
  readonly until: number;
  readonly group: number;
}

const ACCESS_SECONDS = 900;
const REFRESH_SECONDS = 7 * 24 * 3_600;
const TOKENS_KEPT = 10_000;
const SIGNATURE_LIFE_MS = 60_000;
/** All that the key has. Withdrawals need wallet:read_write. */
const rightsOf = (account: SimAccount): string => {
  const { trade, withdraw } = permissionsOf(account);
  const level = (may: boolean): string => (may ? 'read_write' : 'read');
  return `account:read_write trade:${level(trade)} wallet:${level(withdraw)} block_trade:${level(trade)} mainaccount`;
};

/** OAuth tokens as public/auth, exchange_token and fork_token give them. A restart forgets them. */
export class Tokens {
  readonly #accounts: AccountBook;
  readonly #issued = new Map<string, Issued>();
  #count = 0;

  constructor(accounts: AccountBook) {
    this.#accounts = accounts;
  }

  /** public/auth. */
  auth(params: Params, now: number): { readonly grant: Grant; readonly answer: Record<string, unknown> } {
    const type = oneOf(params, 'grant_type', ['client_credentials', 'client_signature', 'refresh_token'], null);
    if (type === 'refresh_token') {
      const old = this.#refreshToken(params, now);
      return this.#issue(old, now);
    }
    const account = this.#accounts.find(required(params, 'client_id')) ?? refuse(13004);
    const proof = type === 'client_credentials' ? params.get('client_secret') === account.secret : null;
    if (!(proof ?? this.#isSigned(params, account, now))) refuse(13004);
    const asked = params.get('scope') ?? '';
    const session = /(?:^| )session:(\S+)/.exec(asked)?.[1] ?? null;
    return this.#issue({ account, scope: scopeOf(asked, session, account), session }, now);
  }

  /** public/fork_token: a session of its own, from the refresh token of another session. */
  fork(params: Params, now: number): Record<string, unknown> {
    const old = this.#refreshToken(params, now);
    const session = required(params, 'session_name');
    if (old.session === null) badParameter('refresh_token', 'session scope required');
    const scope = old.scope.replace(/session:\S+/, `session:${session}`);
    return this.#issue({ account: old.account, scope, session }, now).answer;
  }

  /** public/exchange_token: another subject of the same user. Only the main account says so in its scope. */
  exchange(params: Params, now: number): Record<string, unknown> {
    const old = this.#refreshToken(params, now);
    const subject = integer(params, 'subject_id', 0, 1, Number.MAX_SAFE_INTEGER);
    const account = subjectsOf(old.account).find((one) => subjectOf(one) === subject);
    if (account === undefined) return badParameter('subject_id', 'wrong subject');
    const rights = old.scope.replace(/ mainaccount$/, '');
    const scope = isMain(account) ? `${rights} mainaccount` : rights;
    return this.#issue({ account, scope, session: old.session }, now).answer;
  }

  /** What an access token stands for; throws unauthorized. */
  grantOf(token: string, now: number): Grant {
    const found = this.#issued.get(token);
    if (found === undefined || found.kind !== 'access') return refuse(13009, { reason: 'invalid_token' });
    return found.until <= now ? refuse(13009, { reason: 'token has expired' }) : found;
  }

  /** Ends a session: its tokens are good for nothing any more. */
  revoke(token: string): void {
    const found = this.#issued.get(token);
    if (found === undefined) return;
    for (const [text, one] of this.#issued) if (one.group === found.group) this.#issued.delete(text);
  }

  reset(): void {
    this.#issued.clear();
  }

  #refreshToken(params: Params, now: number): Issued {
    const found = this.#issued.get(required(params, 'refresh_token'));
    const isGood = found !== undefined && found.kind === 'refresh' && found.until > now;
    return isGood ? found : refuse(13009, { reason: 'invalid_token' });
  }

  #isSigned(params: Params, account: SimAccount, now: number): boolean {
    const timestamp = required(params, 'timestamp');
    if (Math.abs(now - Number(timestamp)) > SIGNATURE_LIFE_MS) return false;
    const text = `${timestamp}\n${params.get('nonce') ?? ''}\n${params.get('data') ?? ''}`;
    return isSame(params.get('signature') ?? '', hmac(account.secret, text));
  }

  #issue(grant: Grant, now: number): { readonly grant: Grant; readonly answer: Record<string, unknown> } {
    this.#forget(now);
    this.#count += 1;
    const group = this.#count;
    const token = (kind: Issued['kind'], seconds: number): string => {
      const mark = createHmac('sha256', grant.account.secret).update(`${kind}|${now}|${group}`).digest('base64url');
      const text = `${now}.${mark}`;
      const { account, scope, session } = grant;
      this.#issued.set(text, { account, scope, session, kind, until: now + seconds * 1000, group });
      return text;
    };
    const answer = {
      access_token: token('access', ACCESS_SECONDS),
      refresh_token: token('refresh', REFRESH_SECONDS),
      expires_in: ACCESS_SECONDS,
      scope: grant.scope,
      token_type: 'bearer',
      enabled_features: [],
      mandatory_tfa_status: 'none',
      sid: null,
    };
    return { grant, answer };
  }

  /** Drops what is over; the oldest of too many go first. */
  #forget(now: number): void {
    for (const [text, { until }] of this.#issued) {
      if (until > now && this.#issued.size < TOKENS_KEPT) break;
      this.#issued.delete(text);
    }
  }
}

/** Rights that were asked for, else all that the key has. */
function scopeOf(asked: string, session: string | null, account: SimAccount): string {
  const rights = asked.split(' ').filter((word) => /^(account|trade|wallet|block_trade):/.test(word));
  return `${session === null ? 'connection' : `session:${session}`} ${rights.length === 0 ? rightsOf(account) : rights.join(' ')}`;
}

/** Every user has one subaccount beside the main account: the same key, balances and orders of its own. */
export const SUBACCOUNT = '/1';

const isMain = (account: SimAccount): boolean => !account.apiKey.endsWith(SUBACCOUNT);

/** The accounts of a user, the main one first. */
export function subjectsOf(account: SimAccount): readonly SimAccount[] {
  const main = isMain(account) ? account.apiKey : account.apiKey.slice(0, -SUBACCOUNT.length);
  return [
    { ...account, apiKey: main },
    { ...account, apiKey: `${main}${SUBACCOUNT}` },
  ];
}

export const mayTrade = (grant: Grant): boolean => grant.scope.split(' ').includes('trade:read_write');

/** The number of an account, as subaccounts and exchange_token name it. */
export function subjectOf(account: SimAccount): number {
  const digest = createHmac('sha256', 'subject').update(account.apiKey).digest();
  return 100_000 + (digest.readUInt32BE(0) % 900_000);
}
