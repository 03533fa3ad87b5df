import { createHash } from 'node:crypto';

const LIFE_MS = 86_400_000;
const KEPT = 10_000;
export const PING_INTERVAL_MS = 18_000;
export const PING_TIMEOUT_MS = 10_000;
export const STREAM_HOST = 'ws-api-spot.kucoin.com';

/** Who may open a socket: an account, or the public. Good for a day. */
export class Tokens {
  readonly #issued = new Map<string, { readonly account: string | null; readonly until: number }>();
  #count = 0;

  /** The answer of bullet-public (account null) and bullet-private. */
  issue(account: string | null, now: number): object {
    this.forget(now);
    this.#count += 1;
    const token = createHash('sha256')
      .update(`${account ?? 'public'}|${now}|${this.#count}`)
      .digest('base64url');
    this.#issued.set(token, { account, until: now + LIFE_MS });
    return {
      token,
      instanceServers: [
        {
          endpoint: `wss://${STREAM_HOST}/`,
          encrypt: true,
          protocol: 'websocket',
          pingInterval: PING_INTERVAL_MS,
          pingTimeout: PING_TIMEOUT_MS,
        },
      ],
    };
  }

  /** Undefined: no such token, or not any more. */
  accountOf(token: string, now: number): string | null | undefined {
    const found = this.#issued.get(token);
    return found === undefined || found.until <= now ? undefined : found.account;
  }

  /** Drops what is over; the oldest of too many go first. */
  forget(now: number): void {
    for (const [token, { until }] of this.#issued) {
      if (until > now && this.#issued.size < KEPT) break;
      this.#issued.delete(token);
    }
  }

  reset(): void {
    this.#issued.clear();
  }
}
