import type { Fixed } from '../../engine/fixed.ts';
import { parseFixed, ZERO } from '../../engine/fixed.ts';
import { badParameter, refuse } from './refusal.ts';

/** The parameters of one entry of a body, or of a query. Blank ones are absent. */
export type Fields = ReadonlyMap<string, string>;

const CLIENT_ID = /^[A-Za-z0-9]{1,32}$/;

function fieldsOf(value: unknown): Fields {
  const fields = new Map<string, string>();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fields;
  for (const [name, field] of Object.entries(value)) {
    const isPlain = typeof field === 'string' || typeof field === 'number' || typeof field === 'boolean';
    if (isPlain && field !== '') fields.set(name, String(field));
  }
  return fields;
}

/** The entries of a JSON body: an object is a list of one. Throws OkxRefusal. */
export function entriesOf(body: string): readonly Fields[] {
  if (body === '') return refuse('50000', 'Body for POST request cannot be empty.', 400);
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return refuse('50002', 'JSON syntax error', 400);
  }
  const list: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return list.map(fieldsOf);
}

/** As `entriesOf`, for looking at a request without judging it. */
export function peek(body: string): readonly Fields[] {
  try {
    return entriesOf(body);
  } catch {
    return [];
  }
}

export const queryOf = (query: string): Fields =>
  new Map([...new URLSearchParams(query)].filter(([, text]) => text !== ''));

export function clientIdOf(fields: Fields, name: string): string | null {
  const text = fields.get(name);
  if (text === undefined) return null;
  return CLIENT_ID.test(text) ? text : badParameter(name);
}

/** A positive decimal; null when absent. */
export function amountOf(fields: Fields, name: string): Fixed | null {
  const text = fields.get(name);
  if (text === undefined) return null;
  const amount = parseFixed(text);
  return amount === null || amount <= ZERO ? badParameter(name) : amount;
}

export function oneOf<Word extends string>(fields: Fields, name: string, words: readonly Word[]): Word | null {
  const text = fields.get(name);
  if (text === undefined) return null;
  return words.find((word) => word === text) ?? badParameter(name);
}

/** Whole milliseconds, or null. */
export function timeOf(fields: Fields, name: string): number | null {
  const text = fields.get(name);
  if (text === undefined) return null;
  return /^\d{1,15}$/.test(text) ? Number(text) : refuse('51000', `Parameter ${name} error`, 400);
}

/** 1 to `most`, 100 unless told otherwise. */
export function limitOf(fields: Fields, most = 100): number {
  const text = fields.get('limit');
  if (text === undefined) return 100;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  return limit > 0 ? Math.min(limit, most) : refuse('51000', 'Parameter limit error', 400);
}
