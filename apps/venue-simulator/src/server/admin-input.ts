import { DecimalSchema, compare } from '@orderplane/domain';
import type { z } from 'zod';
import { fixed, fixedText } from '../engine/fixed.ts';
import type { Fixed } from '../engine/fixed.ts';
import type { SimMarket } from '../engine/model.ts';
import type { SimExchange } from '../exchange.ts';
import type { FaultBook } from './faults.ts';
import type { RequestLog } from './requests.ts';

/** A wrong request of the operator's: answered as `{error}` with this status. */
export class AdminError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'AdminError';
    this.status = status;
  }
}

export interface AdminSetting {
  readonly exchanges: ReadonlyMap<string, SimExchange>;
  readonly faults: FaultBook;
  readonly requests: RequestLog;
  now(): number;
  /** Cuts the private sockets of an exchange (of one account, when given). Gives how many. */
  dropStreams(exchange: string, account: string | null, kind?: 'private' | 'public'): number;
  /** Accounts with a private stream, one entry for each socket. */
  privateStreams(exchange: string): readonly string[];
}

export const Positive = DecimalSchema.refine((text) => compare(text, '0') > 0, { message: 'must be greater than 0' });

export interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}
export type Handler = (setting: AdminSetting, request: AdminRequest) => unknown;

export function bodyOf<Schema extends z.ZodType>(schema: Schema, request: AdminRequest): z.infer<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(request.body === '' ? '{}' : request.body);
  } catch {
    throw new AdminError(400, 'the body is not JSON');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new AdminError(400, problems.join('; '));
}

export function exchangeOf(setting: AdminSetting, name: string): SimExchange {
  const exchange = setting.exchanges.get(name);
  if (exchange !== undefined) return exchange;
  throw new AdminError(404, `no exchange "${name}": known are ${[...setting.exchanges.keys()].join(', ')}`);
}

export function marketOf(exchange: SimExchange, symbol: string): SimMarket {
  const market = exchange.engine.market(symbol);
  if (market !== undefined) return market;
  const known = exchange.definition.engine.markets.map((one) => one.symbol).join(', ');
  throw new AdminError(404, `${exchange.definition.exchange} has no market "${symbol}": known are ${known}`);
}

export function stepped(value: string, step: Fixed, field: string): Fixed {
  const amount = fixed(value);
  if (amount % step !== 0n) throw new AdminError(400, `${field}: not a multiple of ${fixedText(step)}`);
  return amount;
}
