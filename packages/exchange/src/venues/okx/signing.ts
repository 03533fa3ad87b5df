import type { CcxtInstance } from '../../ccxt.ts';
import { DeadlinePassed } from '../../transport.ts';
import type { MillisecondClock } from '../../venue.ts';

/** A parameter of ours: the instant (ms of our clock) after which OKX must refuse the request. Taken out when signing. */
const DEADLINE = 'orderplaneDeadline';

export const until = (deadlineAt: string): Readonly<Record<string, number>> => ({ [DEADLINE]: Date.parse(deadlineAt) });

/** Endpoints that take the header expTime (documentation: place and amend, single and batch). */
const WITH_EXPIRY: ReadonlySet<string> = new Set(['trade/order', 'trade/batch-orders', 'trade/amend-order']);
/** A request is refused when its timestamp is older than this (50102). */
const TIMESTAMP_LIFE_MS = 30_000;

/** An instant of our clock in OKX's time, ms. The offset is 0 until a refusal made us ask for it. */
function exchangeTime(instance: CcxtInstance, ms: number): number {
  const offset = instance.options['timeDifference'];
  return Math.floor(ms - (typeof offset === 'number' ? offset : 0));
}

type Parameters_ = Readonly<Record<string, unknown>>;
interface Taken {
  readonly deadline: number | null;
  readonly native: Parameters_;
}

/** The deadline of the parameters, which are a list of one order for batches, and what is left of them. */
function takeDeadline(parameters: Parameters_): Taken {
  if (Array.isArray(parameters)) {
    const [first] = parameters as readonly Parameters_[];
    if (first === undefined) return { deadline: null, native: parameters };
    const { deadline, native } = takeDeadline(first);
    return { deadline, native: [native] as unknown as Parameters_ };
  }
  const { [DEADLINE]: deadline, ...native } = parameters;
  return { deadline: typeof deadline === 'number' ? deadline : null, native };
}

const expiring = (request: unknown, expiresAt: number): unknown => {
  const { headers, ...rest } = request as { headers: Record<string, string> };
  return { ...rest, headers: { ...headers, expTime: String(expiresAt) } };
};

/**
 * Puts the deadline of a request under OKX's own control. Where there is a header for it, that header; it is not
 * signed. Algo orders have none: they are stamped so early that they are too old at the deadline.
 */
export function signWithDeadlines(instance: CcxtInstance, clock: MillisecondClock): void {
  const sign = instance.sign.bind(instance);
  const nonce = instance.nonce.bind(instance);
  instance.sign = (path, api, method, parameters, ...rest) => {
    const { deadline, native } = takeDeadline(parameters);
    if (deadline === null) return sign(path, api, method, parameters, ...rest);
    if (deadline <= clock.now()) throw new DeadlinePassed();
    const expiresAt = exchangeTime(instance, deadline);
    if (WITH_EXPIRY.has(path)) return expiring(sign(path, api, method, native, ...rest), expiresAt);
    instance.nonce = () => Math.min(nonce(), expiresAt - TIMESTAMP_LIFE_MS);
    try {
      return sign(path, api, method, native, ...rest);
    } finally {
      instance.nonce = nonce;
    }
  };
}

/** The stream's login is stamped with `seconds`, which ccxt leaves uncorrected. */
export function stampLogins(instance: CcxtInstance): void {
  (instance as { seconds?: () => number }).seconds = () => Math.floor(instance.nonce() / 1000);
}

/** Offsets below this are the time that the question takes. */
const SMALLEST_OFFSET_MS = 500;

/**
 * 50102 (timestamp too old or ahead) and 50036 (expTime has passed) are definite refusals; 60006 is the same for a
 * stream's login. Where our clock is the reason, the offset is learnt and the request may be signed and sent again.
 */
export async function repairClock(instance: CcxtInstance, error: unknown): Promise<boolean> {
  if (!(error instanceof Error) || !/"s?[cC]ode":\s*"(50102|50036)"|^refused: 60006/.test(error.message)) return false;
  const before = Number(instance.options['timeDifference'] ?? 0);
  await instance.loadTimeDifference();
  return Math.abs(Number(instance.options['timeDifference'] ?? 0) - before) >= SMALLEST_OFFSET_MS;
}
