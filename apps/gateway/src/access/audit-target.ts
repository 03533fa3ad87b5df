import { isId } from './roles.ts';

/** Arguments that say what a mutation is about, the more telling ones first. */
const NAMES = ['orderId', 'alertId', 'tokenId', 'sessionId', 'userId', 'accountId'] as const;
/** An API token where an id was asked for: only the part of it that may be shown. */
const TOKEN = /^(op_[0-9a-f]{8})_[\w-]{43}$/;
const MAX_TARGETS = 20;

/** The ids that a mutation named, and those of what it made. Nothing else of what callers send is kept. */
export function auditTarget(args: Readonly<Record<string, unknown>>, result: unknown): string | null {
  const given = [args, ...nested(args['input'])].flatMap((fields) => NAMES.map((name) => fields[name]));
  const ids = [...given, ...madeIds(result)].flatMap((value) => (typeof value === 'string' ? shown(value) : []));
  const once = [...new Set(ids)].slice(0, MAX_TARGETS);
  return once.length === 0 ? null : once.join(' ');
}

function nested(input: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!isFields(input)) return [];
  const { orders } = input;
  return [input, ...(Array.isArray(orders) ? orders.slice(0, MAX_TARGETS).filter(isFields) : [])];
}

/** Payloads hold what the mutation was about under one of few names. */
function madeIds(result: unknown): readonly unknown[] {
  if (!isFields(result)) return [];
  return ['order', 'group', 'account', 'alert', 'user', 'apiToken', 'session'].flatMap((name) => {
    const made = result[name];
    if (!isFields(made)) return [];
    const intent = made['intent'];
    return isFields(intent) ? [intent['orderId']] : [made['groupId'] ?? made['id']];
  });
}

function shown(value: string): readonly string[] {
  const token = TOKEN.exec(value)?.[1];
  return token !== undefined ? [`${token}…`] : isId(value) ? [value] : ['?'];
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
