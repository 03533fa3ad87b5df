import { classOf } from '@orderplane/domain';
import type { Market, OrderSpec, RequestClass } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
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
import { about } from './admission.ts';
import type { CallScope } from './admission.ts';
import { Budget } from './budget.ts';
import { unsupported } from './capabilities.ts';
import { inexact } from './exactness.ts';
import { classifyCancel, classifyKey, classifyRead, classifySubmit, limitIn, notPlaced } from './outcome.ts';
import { OrderStream } from './order-stream.ts';
import type { Session, SessionOptions } from './session.ts';
import type { Answer } from './transport.ts';
import { graver, troubleIn } from './trouble.ts';
import type { Trouble } from './trouble.ts';
import { coverage } from './venue.ts';
import type { Ask, FundsPart, Link, VenueDefinition } from './venue.ts';

/** From the record of an intention to the exchange's own stamp, in a burst, ms: an order is taken for younger by it. */
const ARRIVED_WITHIN_MS = 2_000;

type Ready = { readonly link: Link } | { readonly problem: string; readonly answer: Answer };

/** What a read hears on its way, beside what it reads. */
interface Told {
  keyRefused(): void;
  trouble(trouble: Trouble): void;
  heldBack(): void;
}
const QUIET: Told = { keyRefused: () => undefined, trouble: () => undefined, heldBack: () => undefined };

/**
 * One account at one exchange. No method throws; every call ends within its deadline; nothing that may have reached the
 * exchange is ever called "not placed" without a native code that says so.
 */
export class AccountAdapter implements ExchangeAdapter {
  readonly capabilities: ExchangeCapabilities;
  readonly #venue: VenueDefinition;
  readonly #session: Session;
  readonly #options: SessionOptions;
  readonly #sinks = new Set<(event: StreamEvent) => void>();
  #stream: OrderStream | null = null;

  constructor(venue: VenueDefinition, session: Session, options: SessionOptions) {
    this.capabilities = venue.capabilities;
    this.#venue = venue;
    this.#session = session;
    this.#options = options;
  }

  async reserve({ id, kind, symbol, sentAt }: RoomRequest): Promise<Room> {
    const answer = await this.#session.admission.reserve(id, kind, symbol, this.#ageMs(sentAt));
    if (answer.granted) return { granted: true, permit: { class: classOf(kind), used: false } };
    return { granted: false, waitMs: answer.waitMs, reason: answer.detail };
  }

  async submit(request: SubmitRequest, control: CallControl): Promise<SubmitOutcome> {
    const problem = unsupported(this.capabilities, request.spec);
    if (problem !== null) return notPlaced(null, `unsupported ${problem.field}: ${problem.reason}`);
    const budget = new Budget(control.timeoutMs);
    const ready = await this.#ready(budget);
    if ('problem' in ready) return { kind: 'notSent', nativeCode: null, message: ready.problem };
    const fit = await this.#fit(ready.link, request.spec.symbol, request.spec, budget);
    if ('problem' in fit) return notPlaced(null, fit.problem, { rulesChanged: true });
    const { link, market } = fit;
    const late = this.#tooLate(request.deadlineAt);
    if (late !== null) return { kind: 'notSent', nativeCode: null, message: late };
    const askedAt = this.#iso();
    const scope = { symbol: request.spec.symbol, ageMs: null, permit: control.permit ?? null };
    const { answer } = await budget.perform(() => about(scope, () => this.#venue.orders.place(link, request, market)));
    this.#heed(answer, 'submit');
    const verdict = classifySubmit(this.#venue.classifier, answer, this.#options.clock.now());
    if (verdict.kind !== 'success') return this.#agedOut(verdict, request.deadlineAt);
    const report = this.#venue.orders.placed(link, request, verdict.payload, askedAt);
    if (report !== null) return { kind: 'placed', report };
    return { kind: 'unknown', nativeCode: null, message: 'the answer names no order' };
  }

  async cancel(request: CancelRequest, control: CallControl): Promise<CancelOutcome> {
    const budget = new Budget(control.timeoutMs);
    return this.#command(request, control, budget, (link, market) => this.#venue.orders.cancel(link, request, market));
  }

  async amend(request: AmendRequest, control: CallControl): Promise<AmendOutcome> {
    const { amend } = this.#venue.orders;
    if (amend === null) return { kind: 'refused', nativeCode: null, message: 'the exchange has no amend' };
    const budget = new Budget(control.timeoutMs);
    const ready = await this.#ready(budget);
    if ('problem' in ready) return { kind: 'notSent', nativeCode: null, message: ready.problem };
    const fit = await this.#fit(ready.link, request.symbol, { ...request, quoteSize: null }, budget);
    if ('problem' in fit) return { kind: 'refused', nativeCode: null, message: fit.problem };
    const late = this.#tooLate(request.deadlineAt);
    if (late !== null) return { kind: 'notSent', nativeCode: null, message: late };
    const scope = this.#scopeOf(request, control);
    const { answer } = await budget.perform(() => about(scope, () => amend(fit.link, request, fit.market)));
    this.#heed(answer, 'submit');
    const verdict = classifyCancel(this.#venue.classifier, answer, this.#options.clock.now());
    if (verdict.kind !== 'success') return this.#agedOut(verdict, request.deadlineAt);
    return { kind: 'accepted', report: null };
  }

  async lookup(request: LookupRequest, control: CallControl): Promise<LookupResult> {
    const budget = new Budget(control.timeoutMs);
    const askedAt = this.#iso();
    const nothing = (error: string): LookupResult => ({
      order: null,
      fills: [],
      fillsComplete: false,
      askedAt,
      provesAbsence: false,
      error,
      rateLimitedMs: null,
      places: [],
    });
    const scope = { symbol: request.symbol, ageMs: null, permit: control.permit ?? null };
    return this.#reading(budget, nothing, (link, ask) =>
      about(scope, () => this.#venue.reads.lookup(link, ask, request, askedAt)),
    );
  }

  async openOrders(control: CallControl): Promise<Listing<NormalizedOrder>> {
    const askedAt = this.#iso();
    return this.#listing(control, unread<NormalizedOrder>(askedAt, null), (link, ask) =>
      this.#venue.reads.openOrders(link, ask, askedAt),
    );
  }

  async fills(from: string, symbols: readonly string[], control: CallControl): Promise<Listing<NormalizedFill>> {
    const askedAt = this.#iso();
    return this.#listing(control, unread<NormalizedFill>(askedAt, from), (link, ask) =>
      this.#venue.reads.fills(link, ask, from, symbols, askedAt),
    );
  }

  async funds(control: CallControl): Promise<FundsReading> {
    const askedAt = this.#iso();
    const listed = await this.#listing(control, unread<FundsPart>(askedAt, null), async (link, ask) => {
      const part = await this.#venue.funds(link, ask);
      const { error, pages } = part;
      return { items: [part], coverage: coverage(askedAt, { complete: error === null, pages, error }) };
    });
    const [part] = listed.items;
    const { balances = [], positions = [] } = part ?? {};
    return { balances, positions, answeredAt: this.#iso(), coverage: listed.coverage };
  }

  /** One stream however many listen; who joins a stream that is up is told so at once. */
  watchOrders(sink: (event: StreamEvent) => void): Subscription {
    const own = (event: StreamEvent): void => sink(event);
    this.#sinks.add(own);
    const stream = (this.#stream ??= this.#openStream());
    if (stream.isConnected) own({ type: 'connected' });
    return {
      close: async () => {
        this.#sinks.delete(own);
        if (this.#sinks.size > 0 || this.#stream !== stream) return;
        this.#stream = null;
        await stream.close();
      },
    };
  }

  #openStream(): OrderStream {
    const tell = (event: StreamEvent): void => {
      for (const sink of this.#sinks) {
        try {
          sink(event);
        } catch (error) {
          this.#options.log.warn({ err: error }, 'a receiver of the order stream failed');
        }
      }
    };
    const stream = new OrderStream(this.#venue, this.#session, this.#options, tell);
    stream.start();
    return stream;
  }

  async setDeadMansSwitch(timeoutSeconds: number | null, control: CallControl): Promise<SwitchOutcome> {
    const { classifier, deadMansSwitch } = this.#venue;
    const unset = (message: string, nativeCode: string | null = null, retryAfterMs: number | null = null) =>
      ({ kind: 'unset', nativeCode, message: this.#session.withoutSecrets(message), retryAfterMs }) as const;
    if (deadMansSwitch === undefined) return unset("the exchange has no dead man's switch");
    const budget = new Budget(control.timeoutMs);
    // Without the market list: what keeps orders alive waits for nothing that it does not need.
    const { value: instance, answer: problem } = await budget.perform(() => this.#session.instance());
    if (instance === undefined) return unset(problem.error ?? 'not ready');
    const { answer } = await budget.perform(() => deadMansSwitch.set(instance, timeoutSeconds));
    if (deadMansSwitch.overSocket === true) return answer.error === null ? { kind: 'set' } : unset(answer.error);
    this.#heed(answer, 'cancel');
    const verdict = classifyCancel(classifier, answer, this.#options.clock.now());
    if (verdict.kind === 'success')
      return deadMansSwitch.confirms(verdict.payload, timeoutSeconds)
        ? { kind: 'set' }
        : unset('the answer does not confirm it');
    return unset(verdict.message, verdict.nativeCode, verdict.kind === 'rateLimited' ? verdict.retryAfterMs : null);
  }

  async checkCredentials(control: CallControl): Promise<CredentialsVerdict> {
    const budget = new Budget(control.timeoutMs);
    const { mode, credentials } = this.#session.identity;
    const { clock } = this.#options;
    const { value: instance, answer } = await budget.perform(() => this.#session.instance());
    if (instance === undefined || credentials === null)
      return { kind: 'unknown', message: answer.error ?? 'not ready', retryAfterMs: null };
    const { classifier, keyCheck } = this.#venue;
    const ask = async (question: () => Promise<unknown>, refusals: readonly RegExp[] = []) => {
      const asked = await budget.perform(question);
      return classifyKey(classifier, [...keyCheck.wrongKeyCodes, ...refusals], asked.answer, clock.now());
    };
    const verdict = await keyCheck.check({ instance, mode, credentials, clock, ask });
    if (verdict.kind === 'accepted') return verdict;
    return { ...verdict, message: this.#session.withoutSecrets(verdict.message) };
  }

  async close(): Promise<void> {
    this.#sinks.clear();
    await this.#stream?.close();
    this.#stream = null;
    await this.#session.close();
  }

  async #command(
    request: CancelRequest,
    control: CallControl,
    budget: Budget,
    send: (link: Link, market: Market) => Promise<unknown>,
  ): Promise<CancelOutcome> {
    const ready = await this.#ready(budget);
    if ('problem' in ready) return { kind: 'notSent', nativeCode: null, message: ready.problem };
    const { link } = ready;
    const market = link.market(request.symbol);
    if (market === null) return { kind: 'refused', nativeCode: null, message: `no market ${request.symbol}` };
    const askedAt = this.#iso();
    const scope = this.#scopeOf(request, control);
    const { answer } = await budget.perform(() => about(scope, () => send(link, market)));
    this.#heed(answer, 'cancel');
    const verdict = classifyCancel(this.#venue.classifier, answer, this.#options.clock.now());
    if (verdict.kind !== 'success') return this.#agedOut(verdict, request.deadlineAt);
    const report = this.#venue.orders.cancelled(link, request, verdict.payload, askedAt);
    if (report !== false) return { kind: 'accepted', report };
    return { kind: 'unknownOrder', nativeCode: null, message: 'the exchange confirms no cancel' };
  }

  /** A listing that tells whether a limit kept it from being read, or the account's own key did. */
  async #listing<Item>(
    control: CallControl,
    nothing: (error: string) => Listing<Item>,
    run: (link: Link, ask: Ask) => Promise<Listing<Item>>,
  ): Promise<Listing<Item>> {
    const why: { isRateLimited?: true; keyRefused?: true; trouble?: Trouble } = {};
    const listed = await this.#reading(
      new Budget(control.timeoutMs),
      nothing,
      (link, ask) =>
        run(link, async (question) => {
          const verdict = await ask(question);
          if (verdict.kind === 'failed' && verdict.rateLimitedMs !== null) why.isRateLimited = true;
          return verdict;
        }),
      {
        keyRefused: () => (why.keyRefused = true),
        trouble: (trouble) => (why.trouble = graver(why.trouble ?? null, trouble) ?? trouble),
        heldBack: () => (why.isRateLimited = true),
      },
    );
    // What was asked again and answered then is no trouble.
    if (listed.coverage.complete) delete why.trouble;
    return Object.keys(why).length === 0 ? listed : { ...listed, coverage: { ...listed.coverage, ...why } };
  }

  /** Runs a read of several questions; whatever goes wrong outside them is a failed read, never an empty one. */
  async #reading<Result>(
    budget: Budget,
    nothing: (error: string) => Result,
    run: (link: Link, ask: Ask) => Promise<Result>,
    told: Told = QUIET,
  ): Promise<Result> {
    const ready = await this.#ready(budget);
    if ('problem' in ready) {
      if (ready.answer.heldBack) told.heldBack();
      // The market rules, which all sessions share, could not be read, or the session could not be made.
      else told.trouble('unclear');
      return nothing(ready.problem);
    }
    const ask: Ask = async (question) => {
      const { answer } = await budget.perform(question);
      this.#heed(answer, 'read');
      const nowMs = this.#options.clock.now();
      const about = classifyKey(this.#venue.classifier, [], answer, nowMs);
      if (about.kind === 'refused' && about.nativeCode !== null) told.keyRefused();
      const verdict = classifyRead(this.#venue.classifier, answer, nowMs);
      const trouble = verdict.kind === 'failed' ? troubleIn(this.#venue.classifier, answer, nowMs) : null;
      if (trouble !== null) told.trouble(trouble);
      return verdict;
    };
    try {
      return await run(ready.link, ask);
    } catch (error) {
      this.#options.log.warn({ err: error, exchange: this.capabilities.exchange }, 'a read failed unexpectedly');
      return nothing(error instanceof Error ? error.message : String(error));
    }
  }

  async #ready(budget: Budget): Promise<Ready> {
    const { value, answer } = await budget.perform(() => this.#session.ready());
    return value === undefined ? { problem: `not ready: ${answer.error ?? 'no answer'}`, answer } : { link: value };
  }

  /** The market, and the proof that its terms go out as they are; the rules are loaded again before it is denied. */
  async #fit(
    link: Link,
    symbol: string,
    terms: Pick<OrderSpec, 'size' | 'quoteSize' | 'price' | 'stopPrice'>,
    budget: Budget,
  ): Promise<{ readonly link: Link; readonly market: Market } | { readonly problem: string }> {
    const check = (one: Link) => {
      const market = one.market(symbol);
      if (market === null) return { problem: `no market ${symbol}` };
      const problem = inexact(one.instance, market, terms);
      return problem === null ? { link: one, market } : { problem };
    };
    const first = check(link);
    if (!('problem' in first)) return first;
    const { value } = await budget.perform(() => this.#session.reloadMarkets());
    return value === undefined ? first : check(value);
  }

  /** What the exchange said of limits holds for all who use it. */
  #heed(answer: Answer, asked: RequestClass): void {
    const limited = limitIn(this.#venue.classifier, answer, this.#options.clock.now());
    if (limited !== null) this.#session.admission.heed(limited, asked);
  }

  #scopeOf({ symbol, sentAt }: CancelRequest, { permit }: CallControl): CallScope {
    return { symbol, ageMs: this.#ageMs(sentAt ?? null), permit: permit ?? null };
  }

  #ageMs(sentAt: string | null): number | null {
    return sentAt === null ? null : this.#options.clock.now() - Date.parse(sentAt) - ARRIVED_WITHIN_MS;
  }

  #tooLate(deadlineAt: string): string | null {
    const leadMs = Date.parse(deadlineAt) - this.#options.clock.now();
    const { minimumLeadMs } = this.#venue.orders;
    return leadMs >= minimumLeadMs ? null : `only ${leadMs} ms to the deadline, ${minimumLeadMs} ms needed`;
  }

  /**
   * Where the deadline is in the token (Coinbase), what comes after it is refused as if the key were wrong. Surely not
   * acted upon in either case: it may go again, and a key that is wrong is refused in time then.
   */
  #agedOut<Verdict extends { readonly kind: string }>(verdict: Verdict, deadlineAt: string) {
    if (verdict.kind !== 'auth' || this.#options.clock.now() <= Date.parse(deadlineAt)) return verdict;
    const message = 'refused after its deadline: too old on arrival, or with a key that is not taken';
    return { kind: 'notSent', nativeCode: null, message } as const;
  }

  #iso(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}

const unread =
  <Item>(askedAt: string, from: string | null) =>
  (error: string): Listing<Item> => ({
    items: [],
    coverage: coverage(askedAt, { complete: false, pages: 0, from, error }),
  });
