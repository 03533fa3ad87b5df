import type { SimulatorAddress } from './redirect.ts';

/** From a URL such as http://127.0.0.1:4100; an option to spread, so that no simulator is no key. */
export function simulatorOption(url: string | undefined): { readonly simulator?: SimulatorAddress } {
  if (url === undefined) return {};
  const { hostname, port } = new URL(url);
  return { simulator: { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port === '' ? 80 : port) } };
}
