import type { DecimalString, OrderEventType, OrderState, TimeInForce, OrderType, ErrorCode } from '@orderplane/domain';

/**
 * The order as the state machine holds it: three axes (life, requests, certainty) and what they rest on.
 * Plain JSON, so that a snapshot stored beside the journal equals the replay of the journal byte for byte.
 * Times are RFC 3339 UTC strings that came in with events; the machine never reads a clock.
 */
export interface OrderMachine {
  readonly life: OrderState;
  /** The remembered end and who said so. Also set in FILLED when an end was reported before or after the last fill. */
  readonly end: OrderEnd | null;
  /** What the order asks for and how the machine needs to know it; never changes. */
  readonly kind: { readonly type: OrderType; readonly timeInForce: TimeInForce };
  /** The confirmed terms: as created until the venue confirms a change. `size` is null for a quote-sized order until the venue states it. */
  readonly terms: OrderTerms;
  /** The total that the venue confirmed, while `terms.size` is raised above it to what is filled: a bust lowers it again. */
  readonly raisedFrom: DecimalString | null;
  /** Order of the newest change of terms applied so far (venue time or our send order): older values never overwrite newer ones. */
  readonly termsVersion: number;
  /** False while a native stop waits at the venue for its trigger. */
  readonly working: boolean;
  readonly executions: readonly Execution[];
  /** Busts and corrections that came before their execution. */
  readonly earlyCorrections: readonly Correction[];
  /** Oldest first; the last one is the current leg. Empty: phase `none`. At most one is not over. */
  readonly legs: readonly Leg[];
  /** The order lived, but does what is left of it still live? */
  readonly restInDoubt: boolean;
  readonly requests: readonly OrderRequest[];
  /** Something of an ended order seems to live at the venue. */
  readonly stray: boolean;
  /** Set while anything is in doubt: the time of the event that began it. */
  readonly unknownSince: string | null;
  /** Version of a dark order's terms: a trigger of an older version is late. */
  readonly darkVersion: number;
}

export interface OrderTerms {
  readonly size: DecimalString | null;
  readonly quoteSize: DecimalString | null;
  readonly price: DecimalString | null;
  readonly stopPrice: DecimalString | null;
}

export interface OrderEnd {
  readonly kind: 'CANCELLED' | 'EXPIRED' | 'REJECTED' | 'FAILED';
  readonly saidBy: 'venue' | 'us';
  readonly reason: string | null;
}

export interface Fee {
  readonly currency: string;
  readonly cost: DecimalString;
}

export interface Execution {
  /** The exchange's trade id. */
  readonly id: string;
  readonly size: DecimalString;
  readonly price: DecimalString;
  readonly fee: Fee | null;
  readonly liquidity: 'MAKER' | 'TAKER' | null;
  readonly at: string;
  /** Venue order id it was reported under; null when the venue did not say. */
  readonly venueOrderId: string | null;
  /** A busted execution stays in the list and counts 0; a corrected one names the id of its newer version. */
  readonly busted: boolean;
  readonly correctedBy: string | null;
}

export interface Correction {
  readonly kind: 'bust' | 'correct';
  /** Id of the execution that it changes (always the latest version of it). */
  readonly execRefId: string;
  readonly execId: string;
  readonly size: DecimalString | null;
  readonly price: DecimalString | null;
  readonly at: string;
}

export type LegPhase = 'sent' | 'unknown' | 'absent' | 'live' | 'ended';

/** One order at the exchange on behalf of this one, with the values it was sent with or amended to. `venueClientId` is durable before the first send and never reused. */
export interface Leg {
  readonly venueClientId: string;
  readonly phase: LegPhase;
  /** Every id the venue gave it, oldest first; the last one is current. */
  readonly venueOrderIds: readonly string[];
  readonly size: DecimalString | null;
  readonly quoteSize: DecimalString | null;
  readonly price: DecimalString | null;
  readonly stopPrice: DecimalString | null;
  readonly attempts: number;
  /** When the newest attempt was recorded, before the call. */
  readonly sentAt: string;
  /** After this instant the venue can no longer accept the newest attempt. */
  readonly deadlineAt: string;
  readonly endedAt: string | null;
  /**
   * The most that the venue ever said is filled of it beyond what is booked, and when it was said. Left out: it never did.
   * Not a fact (filled size follows from executions alone), but a reason not to believe in an end that knows of less.
   */
  readonly claimed?: { readonly size: DecimalString; readonly at: string };
}

export type RequestPhase = 'wanted' | 'sent' | 'pending' | 'unknown' | 'applied' | 'refused' | 'overtaken';

export interface OrderRequest {
  readonly id: string;
  readonly kind: 'cancel' | 'replace';
  readonly generation: number;
  readonly phase: RequestPhase;
  /** `client`: a caller asked; `us`: a timer or a stray; `foreign`: another screen at the venue. */
  readonly by: 'client' | 'us' | 'foreign';
  /** Cancel of a stray: not displayed. */
  readonly forStray: boolean;
  /** The complete wish of a replace: totals of the chain, fills included. Null for a cancel. */
  readonly terms: OrderTerms | null;
  /** How a replace is carried out; null until it is sent. RESUBMIT: its values went out with a new attempt of an absent leg. */
  readonly how: 'AMEND' | 'TWO_STEP' | 'RESUBMIT' | null;
  readonly reason: string | null;
  readonly requestedAt: string;
  readonly sentAt: string | null;
  /** After this instant the venue can no longer apply the newest sending of it. */
  readonly deadlineAt: string | null;
}

/** Why a venue refused a cancel or a replace, as far as the machine cares. */
export type RequestRefusal = 'UNKNOWN_ORDER' | 'TOO_LATE' | 'ALREADY_PENDING' | 'OTHER';

/** How the venue treats the corners of the machine (rules 23–26). The default suits spot exchanges; FIX has its own profile. */
export interface VenueProfile {
  /** May a filled order be re-opened by a larger total? */
  readonly reopensFilled: boolean;
  /** Does busted quantity go back into the venue's book? */
  readonly bustReopens: boolean;
}

/** Bodies of the 38 machine events of the transition table (and the two births). `at` is added by the shell. */
export type EventBody =
  // births
  | { readonly type: 'Created'; readonly kind: OrderMachine['kind']; readonly terms: OrderTerms }
  | {
      readonly type: 'Adopted';
      readonly kind: OrderMachine['kind'];
      readonly terms: OrderTerms;
      readonly venueClientId: string;
      readonly venueOrderId: string | null;
    }
  // 4.1 our own side
  | { readonly type: 'Validated' }
  | { readonly type: 'Denied'; readonly code: ErrorCode; readonly reason: string }
  | { readonly type: 'Armed' }
  | { readonly type: 'Triggered'; readonly darkVersion?: number; readonly reason?: string }
  | { readonly type: 'TimedOut'; readonly requestId: string; readonly reason: string }
  | { readonly type: 'SubmitSent'; readonly venueClientId: string; readonly deadlineAt: string }
  | { readonly type: 'GaveUp'; readonly reason: string }
  // 4.2 the venue on the order
  | {
      readonly type: 'Acknowledged';
      readonly venueOrderId: string | null;
      readonly venueClientId?: string;
      readonly size?: DecimalString;
      readonly working?: boolean;
    }
  | { readonly type: 'Activated'; readonly venueOrderId?: string | null }
  | {
      readonly type: 'PartialFill' | 'Fill';
      readonly execution: Omit<Execution, 'busted' | 'correctedBy'>;
      readonly venueClientId?: string;
    }
  | {
      readonly type: 'Rejected';
      readonly reason: string;
      readonly nativeCode?: string;
      readonly venueOrderId?: string | null;
      readonly venueClientId?: string;
    }
  | { readonly type: 'DuplicateId' }
  | {
      readonly type: 'Cancelled' | 'Expired';
      readonly reason: string | null;
      readonly venueOrderId?: string | null;
      readonly venueClientId?: string;
    }
  // 4.3 the venue corrects
  | { readonly type: 'Restated'; readonly terms: Partial<OrderTerms>; readonly termsVersion?: number }
  | { readonly type: 'FillBusted'; readonly execId: string; readonly execRefId: string }
  | {
      readonly type: 'FillCorrected';
      readonly execId: string;
      readonly execRefId: string;
      readonly size: DecimalString;
      readonly price?: DecimalString;
    }
  /** `filled`: the venue says that so much of the current leg is filled, and not by which executions. */
  | { readonly type: 'Snapshot'; readonly restLives?: boolean; readonly filled?: DecimalString }
  | { readonly type: 'StrayFound'; readonly requestId: string; readonly venueOrderId?: string | null }
  // 4.4 cancel requests
  | {
      readonly type: 'CancelRequested';
      readonly requestId: string;
      readonly generation: number;
      readonly by: OrderRequest['by'];
      readonly reason?: string;
    }
  | { readonly type: 'CancelSent'; readonly requestId: string; readonly deadlineAt: string }
  | { readonly type: 'CancelPending'; readonly requestId: string }
  | {
      readonly type: 'CancelRejected';
      readonly requestId: string;
      readonly refusal: RequestRefusal;
      readonly reason: string;
    }
  // 4.5 replace requests
  | {
      readonly type: 'ReplaceRequested';
      readonly requestId: string;
      readonly generation: number;
      readonly terms: OrderTerms;
      readonly by: OrderRequest['by'];
    }
  | {
      readonly type: 'ReplaceSent';
      readonly requestId: string;
      readonly how: 'AMEND' | 'TWO_STEP';
      readonly deadlineAt: string;
    }
  | { readonly type: 'ReplacePending'; readonly requestId: string }
  | {
      readonly type: 'Replaced';
      readonly requestId: string | null;
      readonly terms: Partial<OrderTerms>;
      readonly venueOrderId?: string | null;
      readonly termsVersion?: number;
    }
  | {
      readonly type: 'ReplaceRejected';
      readonly requestId: string;
      readonly refusal: RequestRefusal;
      readonly reason: string;
    }
  // 4.6 a new leg
  | { readonly type: 'LegEnded'; readonly reason: string | null; readonly venueClientId?: string }
  | {
      readonly type: 'LegSent';
      readonly venueClientId: string;
      readonly deadlineAt: string;
      readonly terms: OrderTerms;
    }
  | { readonly type: 'LegPlaced'; readonly venueOrderId: string | null; readonly venueClientId: string }
  | { readonly type: 'LegRefused'; readonly reason: string; readonly venueClientId: string }
  // 4.7 doubt
  | { readonly type: 'SubmitUnknown'; readonly reason: string }
  | { readonly type: 'RequestUnknown'; readonly requestId: string; readonly reason: string }
  | { readonly type: 'Vanished'; readonly reason: string }
  | { readonly type: 'OrderAbsent'; readonly evidence: AbsenceEvidence }
  | { readonly type: 'RequestAbsent'; readonly requestId: string; readonly evidence: AbsenceEvidence };

/** Why absence is believed (I25). `notSent`: nothing left this machine or the venue said "not placed, try again later". */
export interface AbsenceEvidence {
  readonly kind: 'notSent' | 'provenAbsent' | 'seenWithout';
  readonly detail: string;
  /** Instants of the look-ups that said no, each with complete coverage of open list, history and fills. */
  readonly lookups: readonly string[];
  readonly executionsComplete: boolean;
}

export type MachineEventType = EventBody['type'];
/** One immutable line of the journal, as the machine reads it. */
export type MachineEvent = EventBody & { readonly at: string; readonly source: EventSource };
export type EventSource = 'client' | 'system' | 'exchange';

/** A public line of the journal that a machine event gives rise to (0 to 3 of them). */
export interface JournalEntry {
  readonly type: OrderEventType;
  readonly fromState: OrderState | null;
  readonly toState: OrderState;
  readonly reason: string | null;
}

export type TransitionVerdict = 'moved' | 'stayed' | 'kept' | 'refused' | 'bug' | 'odd';

export interface Transition {
  /** The order afterwards; the same object when nothing changed. */
  readonly order: OrderMachine;
  readonly verdict: TransitionVerdict;
  /** Set where the table has "!" or "odd" or "bug": an operator is told and the venue is asked. */
  readonly alarm: string | null;
  /** Set where a request of the caller is refused. */
  readonly refusal: string | null;
  readonly journal: readonly JournalEntry[];
}

export type OrderCommand =
  | {
      readonly type: 'cancel';
      readonly requestId: string;
      readonly generation: number;
      readonly by: OrderRequest['by'];
      readonly reason?: string;
    }
  | {
      readonly type: 'modify';
      readonly requestId: string;
      readonly generation: number;
      readonly by: OrderRequest['by'];
      readonly change: {
        readonly size?: DecimalString;
        readonly price?: DecimalString;
        readonly stopPrice?: DecimalString;
      };
      /** The trigger of a dark order changes too, or nothing but the trigger. */
      readonly rearms?: boolean;
    };

export type Decision =
  | { readonly ok: true; readonly events: readonly EventBody[] }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly message: string;
      readonly field: readonly string[] | null;
    };
