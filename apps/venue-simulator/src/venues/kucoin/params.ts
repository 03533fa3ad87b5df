import type { Fixed } from '../../engine/fixed.ts';
import { parseFixed, ZERO } from '../../engine/fixed.ts';
import type { SimMarket } from '../../engine/model.ts';
import type { Engine } from '../../engine/model.ts';
import type { VenueRequest } from '../protocol.ts';
import { invalidParameter, noSuchSymbol } from './errors.ts';

const WHOLE = /^\d{1,18}$/;

/** Parameters of one request: of its query, or of its JSON body. What nobody reads is ignored, as the venue does. */
export class Params {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  static of(request: VenueRequest): Params {
    const query = new Map<string, unknown>(new URLSearchParams(request.query));
    return new Params(new Map([...query, ...Object.entries(bodyOf(request))]));
  }

  /** Null when missing or blank. */
  text(name: string): string | null {
    const value = this.#values.get(name);
    if (value === undefined || value === null || value === '') return null;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw invalidParameter(`${name} is invalid`);
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === null) throw invalidParameter(`validation.createOrder.${name}IsRequired`);
    return value;
  }

  whole(name: string): number | null {
    const value = this.text(name);
    if (value === null) return null;
    if (!WHOLE.test(value)) throw invalidParameter(`${name} is invalid`);
    return Number(value);
  }

  flag(name: string): boolean {
    return this.text(name) === 'true';
  }

  /** A positive decimal. */
  amount(name: string): Fixed | null {
    const value = this.text(name);
    if (value === null) return null;
    const amount = parseFixed(value);
    if (amount === null || amount <= ZERO) throw invalidParameter(`${name} is invalid`);
    return amount;
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | null {
    const value = this.text(name);
    if (value === null) return null;
    const word = words.find((one) => one === value);
    if (word === undefined) throw invalidParameter(`${name} is invalid`);
    return word;
  }

  entries(name: string): readonly Params[] {
    const value = this.#values.get(name);
    if (!Array.isArray(value)) throw invalidParameter(`${name} is invalid`);
    return value.map((entry: unknown) => new Params(new Map(Object.entries(entry ?? {}))));
  }

  market(engine: Engine): SimMarket {
    const market = engine.marketByNativeId(this.required('symbol'));
    if (market === undefined) throw noSuchSymbol();
    return market;
  }

  /** The market of `symbol` where one is named. */
  optionalMarket(engine: Engine): SimMarket | null {
    return this.text('symbol') === null ? null : this.market(engine);
  }
}

function bodyOf(request: VenueRequest): object {
  if (request.body === '') return {};
  try {
    const parsed: unknown = JSON.parse(request.body);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : {};
  } catch {
    return {};
  }
}
