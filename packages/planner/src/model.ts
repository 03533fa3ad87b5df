import type { EventBody, OrderMachine } from '@orderplane/state-machine';
import type { OrderSpec } from '@orderplane/domain';
import type { GroupView } from './groups.ts';

/** The desired order as the planner needs it. */
export interface Desired {
  readonly orderId: string;
  readonly generation: number;
  readonly spec: OrderSpec;
  readonly mode: 'LIVE' | 'DARK';
  /** Its account is halted: nothing new may reach the exchange. Left out: it is not. */
  readonly halt?: Halt;
  /** Left out: the order stands alone. */
  readonly group?: GroupView;
}

export interface Halt {
  /** The order is to be cancelled; the instant names the wish, a later one is a new wish. Null: it stays as it is. */
  readonly cancelOpenBefore: string | null;
}

/** The actual order and what is known about the work on it. Times are RFC 3339 UTC. */
export interface Actual {
  readonly machine: OrderMachine;
  readonly attempts: number;
  readonly nextAttemptAt: string | null;
  readonly lastEvidenceAt: string | null;
  readonly absentLookups: readonly { readonly askedAt: string; readonly provesAbsence: boolean }[];
  /** Version of the dark order (`darkVersion`) that has passed the checks at its firing. Left out: none has. */
  readonly cleared?: number;
}

/** What the planner must know of a venue; a part of the exchange's capability table. */
export interface PlannerCapabilities {
  readonly amend: 'none' | 'sizeAndPrice';
  readonly lookupByClientId: boolean;
  readonly cancelByClientId: boolean;
  readonly submissionDeadlineMs: number | null;
  readonly visibilityDelayMs: number;
  readonly absenceLookupGapMs: number;
  readonly emulatesGtt: boolean;
  /** Times in force the exchange takes natively for this order's type. */
  readonly nativeGtt: boolean;
}

export interface PlannerLimits {
  /** No evidence for this long on an open order: STALE, and it is looked up. */
  readonly staleAfterMs: number;
  /** In doubt for longer than this: NEEDS_ATTENTION (and still looked up). */
  readonly attentionAfterMs: number;
  /** How long one call to the exchange may take; bounds the deadlines written into events. */
  readonly callTimeoutMs: number;
  /** Sent, and no sign of life for this long since the newest attempt: it is cancelled. Left out: it may take as long as it takes. */
  readonly submittedMs?: number;
  /** How long a request that the exchange has taken may stay undecided. Left out: until the deadline of its call. */
  readonly pendingCancelMs?: number;
  readonly pendingReplaceMs?: number;
}

/** Exactly one step at the exchange, or none. */
export type Step =
  /** Nothing to do now; a wake-up will come from evidence or from a command. */
  | { readonly kind: 'Hold'; readonly why: string }
  /** Send the current or a new leg. `mode` says which event records it. */
  | {
      readonly kind: 'Submit';
      readonly mode: 'first' | 'again' | 'newLeg';
      readonly terms: OrderMachine['terms'];
      readonly why: string;
    }
  /** Have the checks before a trade run again: the order waits for their word. Nothing is asked of the exchange. */
  | { readonly kind: 'Check'; readonly why: string }
  | { readonly kind: 'Lookup'; readonly why: string }
  | { readonly kind: 'Cancel'; readonly requestId: string; readonly why: string }
  | { readonly kind: 'Amend'; readonly requestId: string; readonly why: string }
  /** Write these machine events; nothing is asked of the exchange. */
  | { readonly kind: 'Record'; readonly events: readonly EventBody[]; readonly why: string }
  | { readonly kind: 'RecheckAt'; readonly at: string; readonly why: string }
  | { readonly kind: 'Escalate'; readonly reason: string; readonly lookup: boolean }
  /** Desired and actual agree, and the order is done or rests undisputed. */
  | { readonly kind: 'Settle'; readonly why: string };
