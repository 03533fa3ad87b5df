import type { VenueAnswer, VenueRefusals } from '../protocol.ts';

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** A request that Deribit refuses. */
export class DeribitRefusal extends Error {
  readonly error: RpcError;
  constructor(error: RpcError) {
    super(error.message);
    this.name = 'DeribitRefusal';
    this.error = error;
  }
}

/** Deribit's words for its codes (documentation, "RPC error codes"). */
const MESSAGES = {
  [-32601]: 'Method not found',
  [-32602]: 'Invalid params',
  9999: 'api_not_enabled',
  10000: 'authorization_required',
  10002: 'qty_too_low',
  10004: 'order_not_found',
  10009: 'not_enough_funds',
  10021: 'invalid_amount',
  10028: 'too_many_requests',
  10033: 'not_implemented',
  10034: 'trigger_price_too_high',
  10035: 'trigger_price_too_low',
  10041: 'settlement_in_progress',
  10043: 'price_wrong_tick',
  10044: 'trigger_price_wrong_tick',
  10047: 'matching_engine_queue_full',
  11030: 'other_reject',
  11044: 'not_open_order',
  11047: 'unsupported_arg_combination',
  11051: 'system_maintenance',
  11054: 'post_only_reject',
  11094: 'internal_server_error',
  13004: 'invalid_credentials',
  13009: 'unauthorized',
  13020: 'not_found',
  13021: 'forbidden',
  13888: 'timed_out',
} as const;
export type Code = keyof typeof MESSAGES;

export function refuse(code: Code, data?: Readonly<Record<string, string>>): never {
  throw new DeribitRefusal({ code: Number(code), message: MESSAGES[code], ...(data === undefined ? {} : { data }) });
}
export const badParameter = (param: string, reason: string): never => refuse(-32602, { reason, param });

const envelope = (id: unknown, nowMs: number): Record<string, unknown> => ({
  jsonrpc: '2.0',
  ...(id === undefined ? {} : { id }),
  usIn: nowMs * 1000,
  usOut: nowMs * 1000 + 250,
  usDiff: 250,
  testnet: false,
});

export const successText = (result: unknown, nowMs: number, id?: unknown): string =>
  JSON.stringify({ ...envelope(id, nowMs), result });
export const refusalText = (error: RpcError, nowMs: number, id?: unknown): string =>
  JSON.stringify({ ...envelope(id, nowMs), error });

const refused = (code: Code, status = 400): VenueAnswer => ({
  status,
  body: refusalText({ code: Number(code), message: MESSAGES[code] }, 0),
});

const pick = (codes: readonly [Code, ...Code[]], n: number): VenueAnswer =>
  refused(codes[Math.max(0, n - 1) % codes.length] ?? codes[0]);

const htmlPage = (status: number): VenueAnswer => ({
  status,
  body: `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center><hr><center>nginx</center></body></html>`,
  headers: { 'content-type': 'text/html' },
});

/** `n` counts from 1. */
export const REFUSALS: VenueRefusals = {
  rateLimit: (n) => pick([10028, 10047], n),
  authFail: (n) => pick([13009, 13004, 10000], n),
  maintenance: (n) => pick([11051, 10041], n),
  // The proxy in front answers with its own page; the service behind it with JSON.
  serverError: (status, n) => (n % 2 === 1 ? htmlPage(status) : refused(11094, status)),
};
