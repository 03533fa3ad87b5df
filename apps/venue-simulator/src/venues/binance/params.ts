import type { Fixed } from '../../engine/fixed.ts';
import { parseFixed, ZERO } from '../../engine/fixed.ts';
import { BinanceError, missing } from './errors.ts';

const WHOLE = /^\d{1,18}$/;
const PLAIN_DECIMAL = /^([0-9]{1,20})(\.[0-9]{1,20})?$/;
export const CLIENT_ID = /^[.A-Z:/a-z0-9_-]{1,36}$/;
const COMMON: ReadonlySet<string> = new Set(['timestamp', 'recvWindow', 'signature']);

/** The parameters of one request, each read at most in one sense; what nobody read is refused, as the venue does. */
export class Params {
  readonly #values = new Map<string, string>();

  constructor(pairs: Iterable<readonly [string, string]>) {
    for (const [name, value] of pairs) {
      if (this.#values.has(name)) throw new BinanceError(-1101, `Duplicate values for parameter '${name}'.`);
      this.#values.set(name, value);
    }
  }

  /** Refuses parameters that are neither allowed here nor common to all requests. */
  allow(names: ReadonlySet<string>): void {
    let read = 0;
    for (const name of this.#values.keys()) if (names.has(name) || COMMON.has(name)) read += 1;
    if (read === this.#values.size) return;
    const text = `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${this.#values.size}'.`;
    throw new BinanceError(-1104, text);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | null {
    const value = this.#values.get(name);
    if (value === undefined) return null;
    if (value === '') throw new BinanceError(-1105, `Parameter '${name}' was empty.`);
    return value;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === null) throw missing(name);
    return value;
  }

  whole(name: string): number | null {
    const value = this.text(name);
    if (value === null) return null;
    if (!WHOLE.test(value)) throw illegal(name, '^[0-9]{1,20}$');
    return Number(value);
  }

  /** A positive decimal. */
  amount(name: string): Fixed | null {
    const value = this.text(name);
    if (value === null) return null;
    if (!PLAIN_DECIMAL.test(value)) throw illegal(name, '^([0-9]{1,20})(\\.[0-9]{1,20})?$');
    const amount = parseFixed(value);
    if (amount === null) throw new BinanceError(-1111, `Parameter '${name}' has too much precision.`);
    if (amount <= ZERO) throw new BinanceError(-1013, `Invalid ${name}.`);
    return amount;
  }

  clientId(name: string): string | null {
    const value = this.text(name);
    if (value !== null && !CLIENT_ID.test(value)) throw illegal(name, '^[.A-Z:/a-z0-9_-]{1,36}$');
    return value;
  }

  oneOf<Word extends string>(name: string, words: readonly Word[], refusal: () => BinanceError): Word | null {
    const value = this.text(name);
    if (value === null) return null;
    const word = words.find((one) => one === value);
    if (word === undefined) throw refusal();
    return word;
  }
}

const illegal = (name: string, range: string): BinanceError =>
  new BinanceError(-1100, `Illegal characters found in parameter '${name}'; legal range is '${range}'.`);

/** name=value pairs of a query or a form, decoded. */
export function pairsOf(raw: string): [string, string][] {
  return raw === '' ? [] : [...new URLSearchParams(raw)];
}
