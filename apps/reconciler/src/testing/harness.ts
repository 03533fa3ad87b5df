import type { OrderSpec } from '@orderplane/domain';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { Folding } from '@orderplane/planner';
import { record } from '@orderplane/recorder';
import { found, limitSpec, openWorld, placeOrder, type World } from '@orderplane/recorder/testing';
import { decide, type OrderMachine } from '@orderplane/state-machine';
import type { OrderRecord } from '@orderplane/store';
import type { ReconcilerContext, Verdict } from '../context.ts';
import { createKeyWatch, type KeyWatch } from '../key-watch.ts';
import { reconcile } from '../reconcile.ts';
import { faultsOf, type Faults } from './faults.ts';
import { ModelAdapter } from './model-adapter.ts';

export class Crash extends Error {}

/** Far more than any order needs: one that needs more turns in a circle. */
const MAX_ROUNDS = 400;

/** One order, one exchange, the real reconciler on the in-memory store, and a clock that only the test moves. */
export interface Harness {
  readonly world: World;
  readonly adapter: ModelAdapter;
  readonly orderId: string;
  readonly counts: Map<string, number>;
  readonly keys: KeyWatch;
  /** Where a process may die: around writes, around calls, at the crash points. Zero: it does not. */
  crashAfter: number;
  /** Places passed at which it might have died. */
  passed: number;
  lockLost: boolean;
  /** False: nothing is known of the time that all processes share. */
  isTimeKnown: boolean;
  /** One job: settles what was due at the exchange, then reconciles once. Null: the process died in it. */
  job(): Promise<Verdict | null>;
  /** Jobs and pauses until nothing is left to do; a dead process is followed by a new one. Gives the pauses' verdicts. */
  converge(): Promise<readonly Verdict[]>;
  order(): Promise<OrderRecord>;
  machine(): Promise<OrderMachine>;
  modify(change: { readonly size?: string; readonly price?: string }): Promise<boolean>;
  cancel(): Promise<boolean>;
}

export interface HarnessOptions {
  readonly exchange?: 'binance' | 'kraken';
  readonly spec?: Partial<OrderSpec>;
  readonly faults?: Partial<Faults>;
}

export async function openHarness(options: HarnessOptions = {}): Promise<Harness> {
  const exchange = options.exchange ?? 'binance';
  const world = await openWorld();
  const accountId = exchange === 'binance' ? 'account-1' : 'account-2';
  const placed = await placeOrder(world, { ...limitSpec, ...options.spec }, accountId);
  const { orderId } = placed.intent;
  const adapter = new ModelAdapter(capabilitiesOf(exchange), world.clock, faultsOf(options.faults));
  const counts = new Map<string, number>();
  let commands = 0;

  const harness: Harness = {
    world,
    adapter,
    orderId,
    counts,
    keys: keysOf(world),
    crashAfter: 0,
    passed: 0,
    lockLost: false,
    isTimeKnown: true,
    job: async () => {
      adapter.settle();
      try {
        return await reconcile(contextOf(harness), orderId);
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        return null;
      }
    },
    converge: async () => {
      const verdicts: Verdict[] = [];
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const verdict = await harness.job();
        if (verdict === null) {
          // The job of a dead worker is given out again when its lock has run out.
          world.clock.advance(5_000);
          continue;
        }
        verdicts.push(verdict);
        if (verdict.kind === 'Settled') {
          if (adapter.inFlight === 0) return verdicts;
          world.clock.advance(10_000);
          continue;
        }
        world.clock.advance(verdict.kind === 'Throttled' ? verdict.retryAfterMs : verdict.afterMs);
      }
      const { actual } = await harness.order();
      throw new Error(`turns in a circle: ${JSON.stringify(actual)} ${adapter.calls.join(', ')}`);
    },
    order: () => found(world, orderId),
    machine: async () => (await found(world, orderId)).actual.machine,
    modify: (change) => {
      commands += 1;
      return command(world, orderId, `command-${commands}`, change);
    },
    cancel: () => {
      commands += 1;
      return command(world, orderId, `command-${commands}`, null);
    },
  };
  const pass = (): void => {
    harness.passed += 1;
    if (harness.passed === harness.crashAfter) throw new Crash();
  };
  adapter.around = pass;
  world.hooks.before = pass;
  world.hooks.after = pass;
  adapter.onReceived = (venueClientId) => isDurable(world, accountId, venueClientId);
  return harness;
}

export const keysOf = ({ store, clock, warnings }: World): KeyWatch =>
  createKeyWatch({ observations: store.observations, clock, onError: (error) => void warnings.push(String(error)) });

/** What the exchange receives must be in the books, sent and with its client id, before it receives it. */
async function isDurable(world: World, accountId: string, venueClientId: string): Promise<void> {
  const ids = { venueClientIds: [venueClientId], venueOrderIds: [] };
  const [owner, ...others] = await world.store.ledger.findByVenueIds(accountId, ids);
  if (owner === undefined || others.length > 0)
    throw new Error(`the exchange was told of ${venueClientId} before the books`);
}

export function contextOf(
  harness: Pick<Harness, 'world' | 'adapter' | 'counts' | 'lockLost' | 'keys' | 'isTimeKnown'>,
): ReconcilerContext {
  const { world, adapter, counts, keys } = harness;
  return {
    recorder: world.recorder,
    adapters: { get: () => Promise.resolve(adapter) },
    capabilities: () => adapter.capabilities,
    limits: world.recorder.limits,
    lastCompleteSync: () => Promise.resolve(null),
    market: () => Promise.resolve(null),
    wakeSiblings: () => Promise.resolve(),
    requestChecks: () => Promise.resolve(),
    clock: { now: () => world.clock.now(), iso: () => world.clock.iso(), isSteady: () => harness.isTimeKnown },
    newId: world.newId,
    backoffMs: (attempt) => Math.min(250 * 2 ** attempt, 60_000),
    pause: (ms) => {
      world.clock.advance(ms);
      return Promise.resolve();
    },
    lockLost: () => harness.lockLost,
    crashPoint: () => undefined,
    keys,
    onRulesChanged: () => undefined,
    count: (what) => void counts.set(what, (counts.get(what) ?? 0) + 1),
  };
}

/** What order-command does with a wish: `change` null is a cancel. False: refused. */
export async function command(
  world: World,
  orderId: string,
  requestId: string,
  change: { readonly size?: string; readonly price?: string } | null,
): Promise<boolean> {
  let taken = false;
  // Another process: its writes are not those that this test interrupts.
  const recorder = { ...world.recorder, ledger: world.store.ledger };
  await record(recorder, orderId, (current, at) => {
    const wish = { requestId, generation: current.intent.generation + 1, by: 'client' } as const;
    const decision = decide(
      current.actual.machine,
      change === null ? { type: 'cancel', ...wish } : { type: 'modify', ...wish, change },
    );
    taken = decision.ok;
    if (!decision.ok || decision.events.length === 0) return null;
    const folding = new Folding(current.actual.machine, { at, visibilityDelayMs: 0 });
    for (const event of decision.events) folding.apply(event, 'client');
    const { machine, journal } = folding.result();
    const spec = { ...current.intent.spec, ...change };
    return {
      machine,
      journal,
      intent: { spec, generation: wish.generation },
      reconciliation: { nextAttemptAt: null },
    };
  });
  return taken;
}
