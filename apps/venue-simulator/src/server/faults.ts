import { z } from 'zod';
import type { Rng } from '../engine/rng.ts';
import type { RequestClass } from '../venues/protocol.ts';
import { REQUEST_KINDS } from '../venues/protocol.ts';

/** Faults of requests, of streams, and of listings. */
export const REQUEST_FAULTS = [
  'ackLost',
  'dropBeforeAccept',
  'delay',
  'delayAnswer',
  'error5xxAfterAccept',
  'error5xxBefore',
  'bodyStall',
  'bodyCut',
  'rawAnswer',
  'rateLimit',
  'authFail',
  'maintenance',
] as const;
export const STREAM_FAULTS = [
  'streamDrop',
  'streamDuplicate',
  'streamReorder',
  'streamSilent',
  'streamDelay',
  'streamGarble',
  'publicStreamDrop',
  'publicStreamSilent',
] as const;
export const FAULTS = [...REQUEST_FAULTS, ...STREAM_FAULTS, 'hideFromOpenOrders'] as const;
export type RequestFault = (typeof REQUEST_FAULTS)[number];
export type FaultName = (typeof FAULTS)[number];

/** Faults whose `ms` is how long one thing is held, not how long the fault lasts. */
const HOLDING: ReadonlySet<FaultName> = new Set(['delay', 'delayAnswer', 'streamDelay']);
/** Faults that concern any request unless told otherwise; the other request faults concern submits. */
const BROAD: ReadonlySet<FaultName> = new Set(['rateLimit', 'authFail', 'maintenance']);

export const FaultRequest = z
  .strictObject({
    exchange: z.string(),
    fault: z.enum(FAULTS),
    /** Affects this many requests or pushes, then ends. */
    times: z.int().min(1).max(1_000_000).optional(),
    /** Lasts this long; for delay, delayAnswer and streamDelay: how long each one is held. */
    ms: z.int().min(1).max(3_600_000).optional(),
    /** Lasts this long, also for the holding faults. */
    durationMs: z.int().min(1).max(3_600_000).optional(),
    probability: z.number().min(0).max(1).optional(),
    /** This many matching requests or pushes go unharmed first, e.g. the first page of a listing. */
    skip: z.int().min(1).max(1_000_000).optional(),
    method: z.enum([...REQUEST_KINDS, 'any']).optional(),
    symbol: z.string().optional(),
    clientId: z.string().optional(),
    account: z.string().optional(),
    /** error5xx*, rawAnswer: the HTTP status; error5xx* cycle through 500, 502, 503, 504 without it. */
    status: z.int().min(200).max(599).optional(),
    /** rawAnswer: what is answered instead. */
    body: z.string().max(100_000).optional(),
    contentType: z.string().max(200).optional(),
    /** rawAnswer: whether the request is processed first. Default true. */
    process: z.boolean().optional(),
    retryAfterSeconds: z.int().min(0).max(86_400).optional(),
  })
  .refine((fault) => !HOLDING.has(fault.fault) || fault.ms !== undefined, {
    message: 'this fault needs ms: how long each one is held',
    path: ['ms'],
  });
export type FaultRequest = z.infer<typeof FaultRequest>;

export interface ActiveFault extends FaultRequest {
  readonly id: number;
  remaining: number;
  until: number;
  used: number;
  /** How many more go unharmed. */
  sparing: number;
}

const CYCLE = [500, 502, 503, 504] as const;
/** A fault list longer than this is a script gone wild. */
const MAX_ACTIVE = 1_000;

/** The faults that are on, in the order in which they were switched on; the first that matches is used. */
export class FaultBook {
  readonly #now: () => number;
  readonly #rng: Rng;
  #active: ActiveFault[] = [];
  #nextId = 1;

  constructor(now: () => number, rng: Rng) {
    this.#now = now;
    this.#rng = rng;
  }

  /** Without times, ms and probability a fault happens once. */
  add(request: FaultRequest): ActiveFault {
    if (this.#active.length >= MAX_ACTIVE) throw new RangeError(`more than ${MAX_ACTIVE} faults are active`);
    const lasting = request.durationMs ?? (HOLDING.has(request.fault) ? undefined : request.ms);
    const isOnce = request.times === undefined && lasting === undefined && request.probability === undefined;
    const fault: ActiveFault = {
      ...request,
      id: this.#nextId,
      remaining: isOnce ? 1 : (request.times ?? Number.POSITIVE_INFINITY),
      until: lasting === undefined ? Number.POSITIVE_INFINITY : this.#now() + lasting,
      used: 0,
      sparing: request.skip ?? 0,
    };
    this.#nextId += 1;
    this.#active.push(fault);
    return fault;
  }

  /** Without arguments all of them; with an account only those that were meant for it. */
  clear(exchange?: string, account?: string): void {
    const isMeant = (fault: ActiveFault): boolean =>
      (exchange === undefined || fault.exchange === exchange) && (account === undefined || fault.account === account);
    this.#active = this.#active.filter((fault) => !isMeant(fault));
  }

  list(): readonly ActiveFault[] {
    this.#prune();
    return this.#active;
  }

  /** The fault that befalls this request, used up by one. */
  forRequest(exchange: string, request: RequestClass): ActiveFault | null {
    if (this.#active.length === 0) return null;
    return this.#take(exchange, (fault) => isRequestFault(fault.fault) && concerns(fault, request));
  }

  /** The fault that befalls one push, or one listing. */
  forNamed(
    exchange: string,
    name: FaultName,
    account: string | null,
    symbol: string | null = null,
  ): ActiveFault | null {
    if (this.#active.length === 0) return null;
    return this.#take(
      exchange,
      (fault) => fault.fault === name && fits(fault.account, account) && fits(fault.symbol, symbol),
    );
  }

  /** A fault that concerns every request of a kind, to be asked about each order of a listing: null account matches any. */
  forListing(exchange: string, name: FaultName, symbol: string | null): ActiveFault | null {
    if (this.#active.length === 0) return null;
    return this.#take(exchange, (fault) => fault.fault === name && fits(fault.symbol, symbol));
  }

  #take(exchange: string, matches: (fault: ActiveFault) => boolean): ActiveFault | null {
    this.#prune();
    for (const fault of this.#active) {
      if (fault.exchange !== exchange || !matches(fault)) continue;
      if (fault.probability !== undefined && this.#rng.next() >= fault.probability) continue;
      if (fault.sparing > 0) {
        fault.sparing -= 1;
        continue;
      }
      fault.remaining -= 1;
      fault.used += 1;
      return fault;
    }
    return null;
  }

  #prune(): void {
    const now = this.#now();
    this.#active = this.#active.filter((fault) => fault.remaining > 0 && fault.until > now);
  }
}

export const statusOf = (fault: ActiveFault): number => fault.status ?? CYCLE[(fault.used - 1) % CYCLE.length] ?? 500;

const isRequestFault = (name: FaultName): name is RequestFault => (REQUEST_FAULTS as readonly string[]).includes(name);
const fits = (wanted: string | undefined, actual: string | null): boolean => wanted === undefined || wanted === actual;

function concerns(fault: ActiveFault, request: RequestClass): boolean {
  if (fault.fault === 'authFail' && !request.isPrivate) return false;
  const method = fault.method ?? (BROAD.has(fault.fault) ? 'any' : 'submit');
  if (method !== 'any' && method !== request.kind) return false;
  return (
    fits(fault.symbol, request.symbol) && fits(fault.clientId, request.clientId) && fits(fault.account, request.account)
  );
}
