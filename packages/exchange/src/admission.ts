import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { LONGEST_WAIT_MS, NO_BUDGET } from '@orderplane/domain';
import type { BudgetAnswer, BudgetQuestion, PauseNotice, RequestBudget, RequestClass } from '@orderplane/domain';
import { orderCost, requestCost } from './limits.ts';
import type { Cost, NativeRequest, OrderRequestKind, VenueLimits } from './limits.ts';
import type { Limited } from './outcome.ts';
import { callLeftMs, callSignal, holdBack, type HeldBack } from './transport.ts';

/** Room for one request, taken from the budget before it was built. Used once, by the call that carries it. */
export interface Permit {
  readonly class: RequestClass;
  used: boolean;
}

/** Which order a call is about: limits can be counted by market and by the age of the order. */
export interface CallScope {
  readonly symbol: string;
  readonly ageMs: number | null;
  readonly permit: Permit | null;
}

const scopes = new AsyncLocalStorage<CallScope>();

/** Runs the requests of one call about one order. */
export const about = <Value>(scope: CallScope, run: () => Value): Value => scopes.run(scope, run);

/** Thrown instead of sending: there is no room, or the exchange said to wait. */
export class RequestHeldBack extends Error {
  constructor({ detail, waitMs }: HeldBack) {
    super(`held back for ${waitMs} ms: ${detail}`);
    this.name = 'RequestHeldBack';
  }
}

/** Requests of one session that wait for room at once; more are turned away. */
const MOST_WAITING = 200;
/** Left of a call's time for the request itself, ms. */
const REQUEST_MS = 750;
/** Whatever an exchange says, it gets this much rest after a refusal, ms. */
const SHORTEST_PAUSE_MS = 250;

/**
 * What a simulated exchange grants, as a factor of the retail limits: it says so in a header of every answer. By place,
 * for all sessions of this process.
 */
const scales = new Map<string, number>();
const SCALE_HEADER = 'x-orderplane-limit-scale';

export interface AdmissionOptions {
  readonly limits: VenueLimits;
  /** Exchange and mode. */
  readonly place: string;
  /** Null: public data. */
  readonly apiKey: string | null;
  readonly budget: RequestBudget | undefined;
  /** For requests outside a call, ms. */
  readonly patienceMs: number;
}

/** Lets requests of one session go when the budget has room for them. Nothing that is refused here was sent. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #budget: RequestBudget;
  /** Hash of the API key; 'public' without one. */
  readonly key: string;
  #waiting = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#budget = options.budget ?? NO_BUDGET;
    this.key = options.apiKey === null ? 'public' : fingerprint(options.apiKey);
  }

  get place(): string {
    return this.#options.place;
  }

  /**
   * Asks for room for one request about one order, once, without waiting. `id` keeps its place in the line: an order comes
   * back until it is served.
   */
  async reserve(id: string, kind: OrderRequestKind, symbol: string, ageMs: number | null): Promise<BudgetAnswer> {
    const cost = orderCost(this.#options.limits, kind, symbol, ageMs);
    return this.#budget.ask(this.#question(id, cost, LONGEST_WAIT_MS));
  }

  /** Before each request. Requests about one order never wait here; all others do, for their turn, as long as their call allows. */
  async admit(request: NativeRequest): Promise<void> {
    const scope = scopes.getStore();
    const cost = requestCost(this.#options.limits, request, scope?.symbol ?? '', scope?.ageMs ?? null);
    if (scope?.permit?.used === false && scope.permit.class === cost.class) {
      scope.permit.used = true;
      return;
    }
    if (cost.class !== 'read' && scope !== undefined) {
      const answer = await this.#budget.ask(this.#question('', cost, 0));
      if (!answer.granted) throw this.#refusal(answer);
      return;
    }
    await this.#turn(cost, (callLeftMs() ?? this.#options.patienceMs) - REQUEST_MS);
  }

  /**
   * Waits for the turn of what is about no order. The budget is told how long this can take: it gives a place in the line only to those who
   * will be there when their turn comes. Who leaves all the same (its call has ended) says so.
   */
  async #turn(cost: Cost, patienceMs: number): Promise<void> {
    const until = performance.now() + patienceMs;
    const id = randomUUID();
    for (let isPromised = false; ; isPromised = true) {
      const mayWait = isPromised || this.#waiting < MOST_WAITING;
      const leftMs = mayWait ? Math.max(0, Math.floor(until - performance.now())) : 0;
      const question = this.#question(id, cost, leftMs);
      const answer = await this.#budget.ask(question);
      if (answer.granted) return;
      if (answer.waitMs > leftMs) {
        // A place of an earlier answer outlives a pause.
        if (isPromised) await this.#budget.leave(question);
        throw this.#refusal(answer);
      }
      if (!(await this.#wait(answer.waitMs))) {
        await this.#budget.leave(question);
        throw this.#refusal(answer);
      }
    }
  }

  /** False: the call ended meanwhile. */
  async #wait(waitMs: number): Promise<boolean> {
    const signal = callSignal();
    this.#waiting += 1;
    try {
      await sleep(waitMs, undefined, signal === undefined ? {} : { signal });
      return true;
    } catch {
      return false;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** The exchange has limited us: everybody here is told. */
  heed({ pause, retryAfterMs, message }: Limited, refused: RequestClass): void {
    if (pause === null) return;
    const notice: PauseNotice = {
      place: this.#options.place,
      key: pause.who === 'exchange' ? null : this.key,
      classes: pause.classes === 'same' ? [refused] : pause.classes,
      forMs: Math.max(SHORTEST_PAUSE_MS, retryAfterMs),
      reason: message,
    };
    void this.#budget.pause(notice);
  }

  /** From every answer, wherever it was asked for. */
  learn(headers: Readonly<Record<string, string>>): void {
    const scale = Number(headers[SCALE_HEADER]);
    if (headers[SCALE_HEADER] !== undefined && Number.isFinite(scale)) scales.set(this.#options.place, scale);
  }

  #question(id: string, cost: Cost, patienceMs: number): BudgetQuestion {
    const { place } = this.#options;
    return { place, key: this.key, id, patienceMs, ...cost, scale: scales.get(place) ?? 1 };
  }

  #refusal({ waitMs, detail }: Extract<BudgetAnswer, { granted: false }>): RequestHeldBack {
    const held = { waitMs, detail };
    holdBack(held);
    return new RequestHeldBack(held);
  }
}

const fingerprint = (apiKey: string): string => createHash('sha256').update(apiKey).digest('hex').slice(0, 16);
