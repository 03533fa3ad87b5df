/**
 * The gateways of one system. All calls prefer the same one and leave it together when it fails, so that a dead gateway
 * costs one try and not one try a call.
 */
export class Addresses {
  readonly #all: readonly string[];
  #preferred = 0;

  /** Throws TypeError on what is no http(s) address, or holds a password, which messages would show. */
  constructor(urls: string | readonly string[]) {
    this.#all = (typeof urls === 'string' ? [urls] : urls).map(normalized);
    if (this.#all.length === 0) throw new TypeError('at least one address is needed');
  }

  get count(): number {
    return this.#all.length;
  }

  get current(): string {
    return this.#all[this.#preferred] ?? '';
  }

  /** The preferred one has failed. Does nothing when another call has noticed before. */
  leave(address: string): void {
    if (this.current === address) this.#preferred = (this.#preferred + 1) % this.#all.length;
  }
}

/** An address without a path means the gateway's usual one. */
function normalized(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new TypeError('an address must look like http://127.0.0.1:4000/graphql');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError('an address must begin with http');
  if (url.username !== '' || url.password !== '') throw new TypeError('an address holds no password: use `token`');
  if (url.pathname === '/') url.pathname = '/graphql';
  return url.href;
}

/** ws:// for http://, wss:// for https://. */
export const webSocketAddress = (address: string): string => address.replace(/^http/, 'ws');
