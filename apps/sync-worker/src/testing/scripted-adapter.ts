import type {
  CredentialsVerdict,
  ExchangeAdapter,
  FundsReading,
  Listing,
  LookupRequest,
  LookupResult,
  Room,
  StreamEvent,
  SwitchOutcome,
} from '@orderplane/exchange';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import { ModelVenue, shown } from '@orderplane/planner/testing';
import type { TestClock } from '@orderplane/recorder/testing';

/** An exchange that only reads: its ledger is the test's, and its listings fail, wait or lie as the test says. */
export class ScriptedAdapter implements ExchangeAdapter {
  readonly capabilities = capabilitiesOf('binance');
  readonly venue = new ModelVenue();
  readonly calls: string[] = [];
  /** Executions are listed from here on. */
  readonly fillsFrom: string[] = [];
  /** False: executions are listed market by market, as its capabilities say. */
  listsAllMarkets = true;
  /** What the next listings of open orders suffer, in order. */
  readonly openFaults: ('partial' | 'failed' | 'keyRefused')[] = [];
  readonly fillFaults: ('partial' | 'failed')[] = [];
  /** Ids at the exchange that no look-up finds. */
  readonly hidden = new Set<string>();
  /** Held back until the test lets go. */
  gate: Promise<void> = Promise.resolve();
  sink: ((event: StreamEvent) => void) | null = null;
  /** What it says of credentials. */
  verdict: CredentialsVerdict = {
    kind: 'accepted',
    permissions: { read: true, trade: true, withdraw: false },
    owner: null,
  };
  readonly #clock: TestClock;

  constructor(clock: TestClock) {
    this.#clock = clock;
  }

  async openOrders(): Promise<Listing<NormalizedOrder>> {
    const askedAt = this.#clock.iso();
    this.calls.push('open');
    const listed = this.venue.open().map(shown);
    await this.gate;
    const fault = this.openFaults.shift();
    if (fault === undefined) return listing(listed, askedAt, null, null);
    const failed = listing(fault === 'partial' ? listed.slice(0, 1) : [], askedAt, null, 'page 2 did not come');
    return fault === 'keyRefused' ? { ...failed, coverage: { ...failed.coverage, keyRefused: true } } : failed;
  }

  async fills(from: string, symbols: readonly string[]): Promise<Listing<NormalizedFill>> {
    const askedAt = this.#clock.iso();
    this.calls.push('fills');
    this.fillsFrom.push(from);
    const asked = this.venue.orders.filter(({ spec }) => this.listsAllMarkets || symbols.includes(spec.symbol));
    const all = asked.flatMap((order) => order.fills).filter((fill) => fill.executedAt >= from);
    await this.gate;
    const fault = this.fillFaults.shift();
    return listing(fault === undefined ? all : [], askedAt, from, fault === undefined ? null : 'page 1 did not come');
  }

  /** What it owns, and what the next readings of it suffer, in order. */
  owned: Pick<FundsReading, 'balances' | 'positions'> = { balances: [], positions: [] };
  readonly fundsFaults: 'failed'[] = [];

  async funds(): Promise<FundsReading> {
    const askedAt = this.#clock.iso();
    this.calls.push('funds');
    const owned = this.owned;
    await this.gate;
    const error = this.fundsFaults.shift() === undefined ? null : 'the balances did not come';
    const { coverage } = listing([], askedAt, null, error);
    return { ...(error === null ? owned : { balances: [], positions: [] }), answeredAt: this.#clock.iso(), coverage };
  }

  lookup(request: LookupRequest): Promise<LookupResult> {
    this.calls.push('lookup');
    const held =
      request.venueOrderId === null
        ? this.venue.byClientId(request.venueClientId)
        : this.venue.byId(request.venueOrderId);
    const order = held === undefined || this.hidden.has(held.orderId) ? undefined : held;
    return Promise.resolve({
      order: order === undefined ? null : shown(order),
      fills: order?.fills ?? [],
      fillsComplete: true,
      askedAt: this.#clock.iso(),
      provesAbsence: order === undefined,
      error: null,
      rateLimitedMs: null,
      places: ['open', 'history'],
    });
  }

  reserve = (): Promise<Room> => Promise.resolve({ granted: true, permit: { class: 'read', used: false } });

  watchOrders(sink: (event: StreamEvent) => void) {
    this.calls.push('watch');
    this.sink = sink;
    return {
      close: () => {
        this.sink = null;
        return Promise.resolve();
      },
    };
  }

  submit = (): never => {
    throw new Error('the sync-worker never trades');
  };
  cancel = this.submit;
  amend = this.submit;
  /** What was said about the dead man's switch, in order. */
  readonly switchCalls: (number | null)[] = [];
  /** What the next words about it are answered with, in order; `set` without one. */
  readonly switchAnswers: (() => Promise<SwitchOutcome>)[] = [];
  setDeadMansSwitch = async (timeoutSeconds: number | null): Promise<SwitchOutcome> => {
    this.switchCalls.push(timeoutSeconds);
    return (await this.switchAnswers.shift()?.()) ?? { kind: 'set' };
  };
  checkCredentials = () => Promise.resolve(this.verdict);
  close = () => Promise.resolve();
}

const listing = <Item>(items: readonly Item[], askedAt: string, from: string | null, error: string | null) => ({
  items,
  coverage: { askedAt, complete: error === null, from, pages: 1, error },
});
