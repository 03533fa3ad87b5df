import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

export type RemoteReader = (request: IncomingMessage) => string | null;

const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
const familyOf = (address: string): 'ipv4' | 'ipv6' | null =>
  isIP(address) === 4 ? 'ipv4' : isIP(address) === 6 ? 'ipv6' : null;

/** Whether this is an address, or a network like 10.0.0.0/8. */
export function isNetwork(text: string): boolean {
  try {
    listOf([text]);
    return true;
  } catch {
    return false;
  }
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = familyOf(address);
    if (family === null) throw new RangeError(`not an address or network: ${network}`);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits === '' ? NaN : bits), family);
  }
  return list;
}

/**
 * The client's address: of the connection, or, behind proxies that are trusted, the last entry of X-Forwarded-For that
 * none of them wrote about another. What stands before it anybody could have written.
 */
export function createRemoteReader(trustedProxies: readonly string[]): RemoteReader {
  const trusted = listOf(trustedProxies);
  const isTrusted = (address: string): boolean => {
    const family = familyOf(address);
    return family !== null && trusted.check(address, family);
  };
  return ({ socket, headers }) => {
    let remote = socket.remoteAddress === undefined ? null : plain(socket.remoteAddress);
    if (remote === null || !isTrusted(remote)) return remote;
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
    for (const entry of forwarded.reverse()) {
      const address = plain(entry.trim());
      if (familyOf(address) === null) return remote;
      remote = address;
      if (!isTrusted(address)) return remote;
    }
    return remote;
  };
}
