import { canonicalDecimal } from '@orderplane/domain';
import type { Fixed } from '../../engine/fixed.ts';
import { parseFixed } from '../../engine/fixed.ts';
import type { Instrument } from './markets.ts';
import { CURRENCIES, instrumentNamed } from './markets.ts';
import { badParameter } from './refusal.ts';

/** Parameters of a call as text, whether they came in a query or as JSON. Lists are JSON text. */
export type Params = ReadonlyMap<string, string>;

export const queryParams = (query: string): Params => new Map(new URLSearchParams(query));

export function jsonParams(value: unknown): Params {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map();
  const params = new Map<string, string>();
  for (const [name, entry] of Object.entries(value) as [string, unknown][]) {
    if (entry === null || entry === undefined) continue;
    if (typeof entry === 'string') params.set(name, entry);
    else params.set(name, typeof entry === 'number' ? canonicalDecimal(entry) : JSON.stringify(entry));
  }
  return params;
}

export function required(params: Params, name: string): string {
  const value = params.get(name);
  return value === undefined || value === '' ? badParameter(name, 'value required') : value;
}

export function flag(params: Params, name: string): boolean {
  const value = params.get(name) ?? 'false';
  if (value === 'true' || value === 'false') return value === 'true';
  return badParameter(name, 'must be a boolean');
}

/** A whole number within bounds. */
export function integer(params: Params, name: string, fallback: number, least: number, most: number): number {
  const text = params.get(name);
  if (text === undefined) return fallback;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    return badParameter(name, `must be an integer from ${least} to ${most}`);
  }
  return value;
}

export function decimal(params: Params, name: string): Fixed | null {
  const text = params.get(name);
  if (text === undefined) return null;
  return parseFixed(text) ?? badParameter(name, 'must be a number');
}

export function oneOf<Word extends string>(
  params: Params,
  name: string,
  words: readonly Word[],
  fallback: Word | null,
): Word {
  const text = params.get(name);
  const found = text === undefined ? fallback : words.find((word) => word === text);
  return found ?? badParameter(name, 'wrong value');
}

export const instrumentIn = (params: Params): Instrument =>
  instrumentNamed(required(params, 'instrument_name')) ?? badParameter('instrument_name', 'wrong format');

/** A currency, or null for "any". */
export function currencyIn(params: Params): string | null {
  const code = required(params, 'currency');
  if (code === 'any') return null;
  return Object.hasOwn(CURRENCIES, code) ? code : badParameter('currency', 'wrong format');
}

export function labelIn(params: Params): string {
  const label = required(params, 'label');
  return label.length > 64 ? badParameter('label', 'must be at most 64 characters') : label;
}

export const KINDS = ['spot', 'future', 'option', 'future_combo', 'option_combo', 'any'] as const;
export const isOfKind = (one: Instrument, kind: (typeof KINDS)[number]): boolean => kind === 'any' || kind === one.kind;
