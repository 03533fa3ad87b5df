import type {
  AmendOutcome,
  AmendRequest,
  CallControl,
  CancelOutcome,
  CancelRequest,
  Coverage,
  CredentialsVerdict,
  ExchangeAdapter,
  ExchangeCapabilities,
  FundsReading,
  Listing,
  LookupRequest,
  LookupResult,
  Room,
  RoomRequest,
  StreamEvent,
  SubmitOutcome,
  SubmitRequest,
  Subscription,
  SwitchOutcome,
} from './adapter.ts';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';

/** One subject of the key, and who speaks for it. */
export interface SubjectAdapter {
  /** Null: the key's own account. */
  readonly subject: string | null;
  readonly adapter: ExchangeAdapter;
}

/**
 * An account whose sessions have acted for several subjects. One subject sees nothing of another's orders, so an order
 * that was sent before the change is looked for, listed, streamed and cancelled at every one of them: what the present one
 * does not know is not absent. New orders go to the present one alone.
 */
export class SubjectsAdapter implements ExchangeAdapter {
  readonly #present: ExchangeAdapter;
  readonly #all: readonly SubjectAdapter[];

  constructor(present: SubjectAdapter, others: readonly SubjectAdapter[]) {
    this.#present = present.adapter;
    this.#all = [present, ...others];
  }

  get capabilities(): ExchangeCapabilities {
    return this.#present.capabilities;
  }

  reserve(request: RoomRequest): Promise<Room> {
    return this.#present.reserve(request);
  }

  submit(request: SubmitRequest, control: CallControl): Promise<SubmitOutcome> {
    return this.#present.submit(request, control);
  }

  cancel(request: CancelRequest, control: CallControl): Promise<CancelOutcome> {
    return this.#ofHolder(control, (adapter, rest) => adapter.cancel(request, rest));
  }

  amend(request: AmendRequest, control: CallControl): Promise<AmendOutcome> {
    return this.#ofHolder(control, (adapter, rest) => adapter.amend(request, rest));
  }

  /** Absent is what every subject has proved absent. */
  async lookup(request: LookupRequest, control: CallControl): Promise<LookupResult> {
    const results = await Promise.all(
      this.#all.map(async ({ subject, adapter }, index) => {
        const result = await adapter.lookup(request, index === 0 ? control : withoutPermit(control));
        return { ...result, places: result.places.map((place) => `${place} of ${nameOf(subject)}`) };
      }),
    );
    const waits = results.flatMap(({ rateLimitedMs }) => rateLimitedMs ?? []);
    return {
      order: results.find(({ order }) => order !== null)?.order ?? null,
      fills: results.flatMap(({ fills }) => fills),
      fillsComplete: results.every(({ fillsComplete }) => fillsComplete),
      askedAt: earliest(results.map(({ askedAt }) => askedAt)),
      provesAbsence: results.every(({ provesAbsence }) => provesAbsence),
      error: results.find(({ error }) => error !== null)?.error ?? null,
      rateLimitedMs: waits.length === 0 ? null : Math.max(...waits),
      places: results.flatMap(({ places }) => places),
    };
  }

  async openOrders(control: CallControl): Promise<Listing<NormalizedOrder>> {
    return together(await Promise.all(this.#all.map(({ adapter }) => adapter.openOrders(control))));
  }

  async fills(from: string, symbols: readonly string[], control: CallControl): Promise<Listing<NormalizedFill>> {
    return together(await Promise.all(this.#all.map(({ adapter }) => adapter.fills(from, symbols, control))));
  }

  /** Of the present subject: what is new is placed with what that one owns. */
  funds(control: CallControl): Promise<FundsReading> {
    return this.#present.funds(control);
  }

  /** Connected when all are, each time that one comes back; down with the first. */
  watchOrders(sink: (event: StreamEvent) => void): Subscription {
    const up = new Set<number>();
    const subscriptions = this.#all.map(({ adapter }, index) =>
      adapter.watchOrders((event) => {
        if (event.type === 'connected') up.add(index);
        if (event.type === 'disconnected') up.delete(index);
        if (event.type !== 'connected' || up.size === this.#all.length) sink(event);
      }),
    );
    return {
      close: async () => {
        await Promise.all(subscriptions.map((subscription) => subscription.close()));
      },
    };
  }

  /** Set when it is set for every subject: each has orders of its own. */
  async setDeadMansSwitch(timeoutSeconds: number | null, control: CallControl): Promise<SwitchOutcome> {
    const outcomes = await Promise.all(
      this.#all.map(({ adapter }) => adapter.setDeadMansSwitch(timeoutSeconds, control)),
    );
    return outcomes.find(({ kind }) => kind === 'unset') ?? { kind: 'set' };
  }

  /** Good credentials open every subject; whose they are is told by the key's own account. */
  async checkCredentials(control: CallControl): Promise<CredentialsVerdict> {
    const [own, ...others] = this.#all.toSorted((a, b) => Number(a.subject !== null) - Number(b.subject !== null));
    const verdict = await (own?.adapter ?? this.#present).checkCredentials(control);
    for (const { adapter } of others) {
      if (verdict.kind !== 'accepted') return verdict;
      const other = await adapter.checkCredentials(control);
      if (other.kind !== 'accepted') return other;
    }
    return verdict;
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(({ adapter }) => adapter.close()));
  }

  /**
   * Who does not have the order says that it is unknown, and has done nothing: the next one is asked. Any other answer
   * stands, because it may be the holder's.
   */
  async #ofHolder(
    control: CallControl,
    ask: (adapter: ExchangeAdapter, control: CallControl) => Promise<CancelOutcome>,
  ): Promise<CancelOutcome> {
    let outcome = await ask(this.#present, control);
    for (const { adapter } of this.#all.slice(1)) {
      if (outcome.kind !== 'unknownOrder') return outcome;
      outcome = await ask(adapter, withoutPermit(control));
    }
    return outcome;
  }
}

/** Room was granted for one request. */
const withoutPermit = ({ timeoutMs }: CallControl): CallControl => ({ timeoutMs });

const nameOf = (subject: string | null): string => (subject === null ? 'the key’s own account' : `subject ${subject}`);

const earliest = (instants: readonly string[]): string => instants.reduce((a, b) => (b < a ? b : a));

/** Complete when every part is. */
function together<Item>(listings: readonly Listing<Item>[]): Listing<Item> {
  const parts = listings.map((listing) => listing.coverage);
  const failed = parts.find(({ complete }) => !complete);
  const coverage: Coverage = {
    ...(failed ?? parts[0] ?? { from: null, error: null }),
    askedAt: earliest(parts.map(({ askedAt }) => askedAt)),
    complete: failed === undefined,
    pages: parts.reduce((total, { pages }) => total + pages, 0),
  };
  return { items: listings.flatMap(({ items }) => items), coverage };
}
