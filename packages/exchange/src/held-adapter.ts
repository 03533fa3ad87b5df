import type {
  AmendOutcome,
  AmendRequest,
  CallControl,
  CancelOutcome,
  CancelRequest,
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

type Refused = Extract<SubmitOutcome | CancelOutcome, { kind: 'auth' }>;
type NotSent = Extract<SubmitOutcome & CancelOutcome, { kind: 'notSent' }>;

/**
 * An adapter whose credentials may be replaced while it is in use. A refused key that has been replaced says nothing of
 * the order: the request was surely not acted upon, and goes again with the new credentials. Retired, it ends its calls
 * and then closes.
 */
export class HeldAdapter implements ExchangeAdapter {
  readonly #inner: ExchangeAdapter;
  readonly #isReplaced: () => Promise<boolean>;
  #calls = 0;
  #isRetired = false;
  #closing: Promise<void> | null = null;

  /** `isReplaced` may throw: then nothing is known. */
  constructor(inner: ExchangeAdapter, isReplaced: () => Promise<boolean>) {
    this.#inner = inner;
    this.#isReplaced = isReplaced;
  }

  get capabilities(): ExchangeCapabilities {
    return this.#inner.capabilities;
  }

  submit(request: SubmitRequest, control: CallControl): Promise<SubmitOutcome> {
    return this.#trading<SubmitOutcome>(() => this.#inner.submit(request, control));
  }

  cancel(request: CancelRequest, control: CallControl): Promise<CancelOutcome> {
    return this.#trading<CancelOutcome>(() => this.#inner.cancel(request, control));
  }

  amend(request: AmendRequest, control: CallControl): Promise<AmendOutcome> {
    return this.#trading<AmendOutcome>(() => this.#inner.amend(request, control));
  }

  lookup(request: LookupRequest, control: CallControl): Promise<LookupResult> {
    return this.#counted(() => this.#inner.lookup(request, control));
  }

  openOrders(control: CallControl): Promise<Listing<NormalizedOrder>> {
    return this.#counted(() => this.#inner.openOrders(control));
  }

  fills(from: string, symbols: readonly string[], control: CallControl): Promise<Listing<NormalizedFill>> {
    return this.#counted(() => this.#inner.fills(from, symbols, control));
  }

  funds(control: CallControl): Promise<FundsReading> {
    return this.#counted(() => this.#inner.funds(control));
  }

  checkCredentials(control: CallControl): Promise<CredentialsVerdict> {
    return this.#counted(() => this.#inner.checkCredentials(control));
  }

  setDeadMansSwitch(timeoutSeconds: number | null, control: CallControl): Promise<SwitchOutcome> {
    return this.#counted(() => this.#inner.setDeadMansSwitch(timeoutSeconds, control));
  }

  reserve(request: RoomRequest): Promise<Room> {
    return this.#inner.reserve(request);
  }

  watchOrders(sink: (event: StreamEvent) => void): Subscription {
    return this.#inner.watchOrders(sink);
  }

  /** Closes when no call is in progress any more; each of them has its own deadline. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    if (this.#calls === 0) await this.close();
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#inner.close());
  }

  async #counted<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#calls += 1;
    try {
      return await call();
    } finally {
      this.#calls -= 1;
      if (this.#isRetired && this.#calls === 0) void this.close().catch(() => undefined);
    }
  }

  async #trading<Outcome extends { readonly kind: string }>(
    call: () => Promise<Outcome | Refused>,
  ): Promise<Outcome | Refused | NotSent> {
    const outcome = await this.#counted(call);
    if (!isRefusedKey(outcome)) return outcome;
    // When nobody can say whether they were replaced, the request goes again too: it was not acted upon in any case.
    if (!(await this.#isReplaced().catch(() => true))) return outcome;
    const { nativeCode } = outcome;
    return { kind: 'notSent', nativeCode, message: 'refused with credentials that have been replaced: it goes again' };
  }
}

const isRefusedKey = (outcome: { readonly kind: string }): outcome is Refused => outcome.kind === 'auth';
