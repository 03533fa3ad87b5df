import { compare, sum, type OrderSpec, type PartialFillPolicy } from '@orderplane/domain';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { Folding, groupWish, type GroupView } from '@orderplane/planner';
import { observe, record } from '@orderplane/recorder';
import { found, limitSpec, newOrder, openWorld, type World } from '@orderplane/recorder/testing';
import { cumQty, currentLeg } from '@orderplane/state-machine';
import type { GroupWithMembers, OrderRecord } from '@orderplane/store';
import type { ReconcilerContext, Verdict } from '../context.ts';
import { groupViewOf } from '../groups.ts';
import { reconcile } from '../reconcile.ts';
import { faultsOf, type Faults } from './faults.ts';
import { command, contextOf, Crash, keysOf } from './harness.ts';
import { ModelAdapter } from './model-adapter.ts';

const MAX_ROUNDS = 600;
const STEP_MS = 10_000;
/** Sizes in steps of 0.01, at least 0.05. */
export const MARKET = { sizeStep: '0.01', minSize: '0.05', minNotional: null } as const;

/** A group of orders at one exchange, the real reconciler on the in-memory store, and a clock that only the test moves. */
export class GroupHarness {
  readonly world: World;
  readonly adapter: ModelAdapter;
  readonly orderIds: readonly string[];
  /** Orders that were woken and have not run since; a test may lose them. */
  readonly woken = new Set<string>();
  crashAfter = 0;
  /** Several jobs run at the same moment: what one books may cross what another sends. */
  isRacing = false;
  passed = 0;
  #commands = 0;

  private constructor(world: World, adapter: ModelAdapter, orderIds: readonly string[]) {
    this.world = world;
    this.adapter = adapter;
    this.orderIds = orderIds;
    const pass = (): void => {
      this.passed += 1;
      if (this.passed === this.crashAfter) throw new Crash();
    };
    adapter.around = pass;
    adapter.onReceived = (venueClientId) => this.#mayBeSent(venueClientId);
    world.hooks.before = pass;
    world.hooks.after = pass;
  }

  static async open(options: {
    readonly exchange: 'binance' | 'kraken';
    readonly onPartialFill: PartialFillPolicy;
    readonly specs: readonly Partial<OrderSpec>[];
    readonly faults?: Partial<Faults>;
    /** All of them wait here for their triggers. */
    readonly dark?: boolean;
  }): Promise<GroupHarness> {
    const world = await openWorld();
    const accountId = options.exchange === 'binance' ? 'account-1' : 'account-2';
    const orders = options.specs.map((spec) =>
      newOrder(
        world,
        { ...limitSpec, ...spec },
        { accountId, userId: 'user-1', exchange: options.exchange },
        'group-1',
        options.dark === true ? {} : null,
      ),
    );
    const group = {
      groupId: 'group-1',
      userId: 'user-1',
      accountId,
      kind: 'OCO',
      onPartialFill: options.onPartialFill,
      requestHash: 'hash',
      createdAt: world.clock.iso(),
      conflict: null,
    } as const;
    await world.store.ledger.groups.place(group, orders);
    const adapter = new ModelAdapter(capabilitiesOf(options.exchange), world.clock, faultsOf(options.faults));
    return new GroupHarness(
      world,
      adapter,
      orders.map(({ record }) => record.intent.orderId),
    );
  }

  /** One job. Null: the process died in it. */
  async job(orderId: string): Promise<Verdict | null> {
    this.adapter.settle();
    this.woken.delete(orderId);
    try {
      return await reconcile(this.#context(), orderId);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      return null;
    }
  }

  /** What the resync and the queues do, until nothing changes any more. */
  async converge(): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const unsettled = await this.world.store.ledger.unsettled({ limit: 100 });
      const before = await this.#versions();
      let waitMs = Infinity;
      for (const orderId of new Set([...unsettled.map((key) => key.orderId), ...this.woken]))
        waitMs = Math.min(waitMs, waitOf(await this.job(orderId)));
      const isStill = before === (await this.#versions()) && this.woken.size === 0 && this.adapter.inFlight === 0;
      if (waitMs === Infinity && isStill) return;
      this.world.clock.advance(Math.min(waitMs, STEP_MS));
    }
    throw new Error(`turns in a circle: ${JSON.stringify(await this.group())} ${this.adapter.calls.slice(-20).join()}`);
  }

  /** Also what happened unseen is noticed when there has been no evidence for a minute. */
  async calm(): Promise<void> {
    await this.converge();
    this.world.clock.advance(61_000);
    await this.converge();
  }

  async group(): Promise<GroupWithMembers> {
    const group = await this.world.store.ledger.groups.find('group-1');
    if (group === null) throw new Error('no group');
    return group;
  }

  member(index: number): Promise<OrderRecord> {
    return found(this.world, this.#id(index));
  }

  /** The group as the order sees it. */
  async view(orderId: string): Promise<GroupView> {
    const view = await groupViewOf(this.#context(), await found(this.world, orderId));
    if (view === null) throw new Error('no group');
    return view;
  }

  /** A price of this instant fires a dark order, and its checks find nothing, but perhaps that it takes of the others. */
  async fire(index: number, priceAt: string = this.world.clock.iso(), takes?: string): Promise<void> {
    const at = this.world.clock.iso();
    await record(this.world.recorder, this.#id(index), ({ actual: { machine } }) => {
      const folding = new Folding(machine, { at, visibilityDelayMs: 0 });
      folding.apply({ type: 'Triggered', darkVersion: machine.darkVersion, reason: 'price' }, 'system');
      const { machine: after, journal } = folding.result();
      const fired = { price: '100', priceAt, at, ...(takes === undefined ? {} : { takes }) };
      return { machine: after, journal, reconciliation: { fired, cleared: after.darkVersion } };
    });
  }

  /** The exchange executes so much of what it has of the order. */
  async fill(index: number, size: string): Promise<void> {
    const { machine } = (await this.member(index)).actual;
    const ids = machine.legs.map((leg) => leg.venueClientId);
    const open = this.adapter.venue.open().find((order) => ids.includes(order.clientId ?? ''));
    if (open !== undefined) this.adapter.fill(open, size);
  }

  /** Books these reports of the exchange's stream, and wakes whom that calls for. */
  async stream(take: readonly number[] = this.adapter.stream.map((_, index) => index)): Promise<void> {
    const { accountId, userId, exchange } = (await this.member(0)).intent;
    const reports = take.flatMap((index) => this.adapter.stream[index] ?? []);
    const recorder = { ...this.world.recorder, ledger: this.world.store.ledger };
    const observed = await observe(recorder, { accountId, userId, exchange }, reports);
    for (const orderId of [...observed.untold, ...observed.questions.map((question) => question.orderId)])
      this.woken.add(orderId);
  }

  /** What order-command does with a wish of the caller; `change` null is a cancel. */
  wish(index: number, change: { readonly size?: string; readonly price?: string } | null): Promise<boolean> {
    this.#commands += 1;
    return command(this.world, this.#id(index), `command-${this.#commands}`, change);
  }

  #id(index: number): string {
    return this.orderIds[index % this.orderIds.length] ?? '';
  }

  async #versions(): Promise<string> {
    const { members } = await this.group();
    return members.map(({ actual }) => actual.version).join();
  }

  #context(): ReconcilerContext {
    const { world, adapter } = this;
    return {
      ...contextOf({ world, adapter, counts: new Map(), lockLost: false, keys: keysOf(world), isTimeKnown: true }),
      market: (exchange, symbol) =>
        Promise.resolve({
          ...MARKET,
          exchange,
          symbol,
          base: '',
          quote: '',
          nativeId: '',
          unifiedSymbol: '',
          priceStep: '1',
          maxSize: null,
          quoteStep: null,
          active: true,
        }),
      wakeSiblings: async (_exchange, orderIds) => {
        for (const orderId of orderIds) this.woken.add(orderId);
      },
    };
  }

  /** What is sent to the exchange is never more than the group allows by what is booked by then. */
  async #mayBeSent(venueClientId: string): Promise<void> {
    if (this.isRacing || this.adapter.calls.at(-1)?.startsWith('submit') !== true) return;
    const { members } = await this.group();
    const owner = members.find(({ actual }) => currentLeg(actual.machine)?.venueClientId === venueClientId);
    if (owner === undefined) throw new Error(`the exchange was told of ${venueClientId} before the books`);
    const view = await groupViewOf(this.#context(), owner);
    const wish = view === null ? null : groupWish(view, owner.intent.spec);
    if (wish === null) return;
    const leg = currentLeg(owner.actual.machine)?.size ?? '0';
    const total = sum([leg, cumQty(owner.actual.machine)]);
    if (wish.kind === 'end' || compare(total, wish.atMost) > 0)
      throw new Error(`${total} of ${owner.intent.orderId} is sent, but ${JSON.stringify(wish)}`);
  }
}

function waitOf(verdict: Verdict | null): number {
  switch (verdict?.kind) {
    case undefined:
      // The job of a dead worker is given out again when its lock has run out.
      return 5_000;
    case 'Settled':
      return Infinity;
    case 'Throttled':
      return verdict.retryAfterMs;
    case 'Recheck':
    case 'Escalated':
      return verdict.afterMs;
  }
}
