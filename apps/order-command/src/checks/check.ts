import type { DecimalString, ErrorCode, Market, OrderSpec, UserError } from '@orderplane/domain';
import type { ExchangeCapabilities } from '@orderplane/exchange/capabilities';
import type { PlaceInput, TriggerInput } from '@orderplane/queues';
import type { OrderTerms } from '@orderplane/state-machine';
import type { Account, LimitRefusal } from '@orderplane/store';
import type { Cover } from '../funds-book.ts';
import type { Freshness } from '../pre-trade.ts';

/** When an order is judged: before it is accepted, before a change of it is, and when its trigger has fired. */
export type Moment = 'place' | 'change' | 'fire';

/** What is judged. */
export interface Subject {
  readonly moment: Moment;
  readonly account: Account;
  readonly capabilities: ExchangeCapabilities;
  readonly nowMs: number;
  /** As its caller wants it; after a change, as it is to be then. */
  readonly wanted: OrderSpec;
  /** As the exchange is to get it. */
  readonly sent: OrderSpec;
  /** What is new in it: of a change only what changes, the rest null; when it fires, what is sent. */
  readonly terms: Terms;
  /** A trigger that is new, too. */
  readonly trigger: TriggerInput | null;
  /** It waits here, and for this price of its own market; null: it does not. */
  readonly waitsFor: DecimalString | null;
  readonly isDark: boolean;
  /** What happens to what the exchange has of it; null: nothing is there yet that could be changed. */
  readonly resting: RestingChange | null;
  readonly clientOrderId: string;
  /** The request, of a new order. */
  readonly input: PlaceInput | null;
}

/** A change of an order that is at the exchange, or on its way there. */
export interface RestingChange {
  /** As the exchange has it, and as it was wished last: the one or the other is there while a change is under way. */
  readonly before: readonly OrderTerms[];
  readonly after: OrderTerms;
  readonly filled: DecimalString;
}
export type Terms = Pick<OrderSpec, 'size' | 'quoteSize' | 'price' | 'stopPrice'>;

/** What checks rest on, beside the order itself. Each is read when the first check asks for it, and once. */
export interface Facts {
  readonly intent: null;
  readonly market: Market;
  /** The first thing that is wrong with the trigger and the market that it waits for. */
  readonly trigger: UserError | null;
  readonly exchange: { readonly isReachable: boolean; readonly trouble: string | null };
  /** The last price of the order's market; null: none is known. */
  readonly prices: { readonly last: DecimalString | null };
  /** What the order takes, and whether that is there. Null: nobody knows what it takes. */
  readonly balances: {
    readonly need: { readonly asset: string; readonly amount: DecimalString } | null;
    readonly cover: Cover | null;
    /** Only with what is set free for it. */
    readonly takes: boolean;
  };
  /** Of the account's open orders as they are known. */
  readonly freshness: Freshness;
  /** What is held of its contract; null: not known. */
  readonly positions: { readonly size: DecimalString | null };
}

/** `field` is left to whoever knows what the caller has given. */
interface Common {
  /** For the documentation and the tests. */
  readonly name: string;
  readonly codes: readonly ErrorCode[];
  readonly at: readonly Moment[];
}

export interface Check<D extends keyof Facts> extends Common {
  readonly dependsOn: D;
  /** False: what it depends on need not be read. Left out: it always is. */
  readonly applies?: (subject: Subject) => boolean;
  /** Pure. */
  readonly judge: (subject: Subject, fact: Facts[D]) => UserError | null;
}

/** A fact that can't be had is a refusal itself. */
export type FactDesk = { readonly [D in keyof Facts]: () => Promise<{ readonly fact: Facts[D] } | UserError> };

/** Judged before anything is written. */
export interface EarlyCheck extends Common {
  readonly dependsOn: keyof Facts;
  readonly run: (subject: Subject, facts: FactDesk) => Promise<UserError | null>;
}

/**
 * Judged by the very statement that writes the order, under the lock that every other writer of the account's orders waits
 * for, so that orders that come together see each other. What it says is told here.
 */
export interface LateCheck extends Common {
  readonly dependsOn: 'openOrders';
  readonly kind: LimitRefusal['kind'];
}

export const early = <D extends keyof Facts>(check: Check<D>): EarlyCheck => ({
  name: check.name,
  codes: check.codes,
  at: check.at,
  dependsOn: check.dependsOn,
  run: async (subject, facts) => {
    if (check.applies?.(subject) === false) return null;
    const found = await facts[check.dependsOn]();
    return 'fact' in found ? check.judge(subject, found.fact) : found;
  },
});

/** The first refusal is the answer. */
export async function firstRefusal(
  checks: readonly (EarlyCheck | LateCheck)[],
  subject: Subject,
  facts: FactDesk,
): Promise<UserError | null> {
  for (const check of checks) {
    if (check.dependsOn === 'openOrders' || !check.at.includes(subject.moment)) continue;
    const refusal = await check.run(subject, facts);
    if (refusal !== null) return refusal;
  }
  return null;
}
