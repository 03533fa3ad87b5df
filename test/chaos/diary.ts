import type { OrderView } from '../support/client.ts';
import type { Outcome } from '../support/insist.ts';

/** What a client was told, to be held against the end. Times: ms since the epoch. */
interface Told {
  readonly sentAt: number;
  readonly answeredAt: number;
  /** `unanswered`: in doubt to the end of the client's patience. */
  readonly outcome: Outcome<unknown>['kind'];
  readonly code: string | null;
  readonly doubts: number;
}
export interface Placement extends Told {
  readonly kind: 'place';
  readonly clientOrderId: string;
  readonly accountId: string;
  readonly exchange: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly orderId: string | null;
}
export interface Cancellation extends Told {
  readonly kind: 'cancel';
  readonly orderId: string;
}
export interface Modification extends Told {
  readonly kind: 'modify';
  readonly orderId: string;
  readonly change: Readonly<Record<string, string>>;
}
export interface Sweep extends Told {
  readonly kind: 'cancelAll';
  readonly accountId: string;
  readonly symbol: string | null;
  readonly orderIds: readonly string[];
}
/** An account was halted, and told to be (`answeredAt`), until it was about to be resumed. */
export interface Halt extends Told {
  readonly kind: 'halt';
  readonly accountId: string;
  /** Null: the account was resumed before all that was open had ended. */
  readonly clearedAt: number | null;
  readonly resumeSentAt: number;
}
/** Placed at the exchange by somebody else. */
export interface Outside {
  readonly kind: 'outside';
  readonly exchange: string;
  readonly exchangeOrderId: string;
}
export type Deed = Placement | Cancellation | Modification | Sweep | Halt | Outside;

/** Everything that clients did and were told, in the order of the answers. */
export class Diary {
  readonly deeds: Deed[] = [];
  /** What no client should ever meet. */
  readonly complaints: string[] = [];
  readonly #counts = new Map<string, number>();

  count(what: string, by = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => a.localeCompare(b)));
  }

  ofKind<Kind extends Deed['kind']>(kind: Kind): readonly Extract<Deed, { kind: Kind }>[] {
    return this.deeds.filter((deed): deed is Extract<Deed, { kind: Kind }> => deed.kind === kind);
  }
}

/** The part of a deed that every request has. */
export function told(sentAt: number, outcome: Outcome<unknown>): Told {
  return {
    sentAt,
    answeredAt: Date.now(),
    outcome: outcome.kind,
    code: outcome.kind === 'refused' ? outcome.code : null,
    doubts: outcome.doubts.length,
  };
}

export const answerOf = (outcome: Outcome<OrderView>): OrderView | null =>
  outcome.kind === 'accepted' ? outcome.answer : null;
