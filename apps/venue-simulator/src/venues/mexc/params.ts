import type { Fixed } from '../../engine/fixed.ts';
import { parseFixed, ZERO } from '../../engine/fixed.ts';
import type { VenueRequest } from '../protocol.ts';
import { illegal, mandatory } from './errors.ts';
import type { MexcError } from './errors.ts';

const WHOLE = /^\d{1,18}$/;
const PLAIN_DECIMAL = /^\d{1,20}(\.\d{1,20})?$/;
/** Not published; letters, digits and what joins them, at most 32. */
const CLIENT_ID = /^[\w-]{1,32}$/;

/** The parameters of one request. What the venue does not know it passes over, whatever the client meant by it. */
export class Params {
  readonly #values: ReadonlyMap<string, string>;

  constructor(pairs: Iterable<readonly [string, string]>) {
    const values = new Map<string, string>();
    for (const [name, value] of pairs) if (!values.has(name)) values.set(name, value);
    this.#values = values;
  }

  /** Null: missing or empty. */
  text(name: string): string | null {
    const value = this.#values.get(name);
    return value === undefined || value === '' ? null : value;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === null) throw mandatory(name);
    return value;
  }

  whole(name: string): number | null {
    const value = this.text(name);
    if (value === null) return null;
    if (!WHOLE.test(value)) throw illegal(name);
    return Number(value);
  }

  /** A positive decimal of at most 18 places; more are `tooFine`. */
  amount(name: string, tooFine: () => MexcError): Fixed | null {
    const value = this.text(name);
    if (value === null) return null;
    if (!PLAIN_DECIMAL.test(value)) throw illegal(name);
    const amount = parseFixed(value);
    if (amount === null) throw tooFine();
    return amount > ZERO ? amount : null;
  }

  clientId(name: string): string | null {
    const value = this.text(name);
    if (value !== null && !CLIENT_ID.test(value)) throw illegal(name);
    return value;
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.required(name);
    const word = words.find((one) => one === value);
    if (word === undefined) throw mandatory(name);
    return word;
  }
}

/** name=value pairs of the query, then of the body, decoded; the query wins. */
export const pairsOf = (request: VenueRequest): [string, string][] => [
  ...new URLSearchParams(request.query),
  ...new URLSearchParams(request.body),
];
