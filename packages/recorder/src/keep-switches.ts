import type { ExchangeAdapter, SwitchOutcome } from '@orderplane/exchange';
import { planSwitch, refreshEveryMs, type SaidOfSwitch, type SwitchStep } from '@orderplane/planner';
import type { DeadMansSwitch, DeadMansSwitchStore } from '@orderplane/store';

export interface SwitchOptions {
  readonly switches: DeadMansSwitchStore;
  /** Which ones: timers of an account are its owner's; connections are everybody's who places orders over them. */
  readonly bound: 'account' | 'connection';
  readonly clock: { now(): Date };
  readonly callTimeoutMs: number;
  readonly log: { warn(fields: object, message: string): void };
  /** Where crash tests kill this process, by exchange; does nothing in operation. */
  readonly crashPoint: (step: string, key: string) => void;
}

/** Says what has to be said to the exchanges about the dead man's switches that are this process's to keep. */
export interface SwitchKeeper {
  /** Reads what is wished; once a round, before any is tended. */
  read(): Promise<void>;
  /** Accounts about which something may have to be said. */
  accounts(): readonly string[];
  /** For an account that is this process's to speak for. Neither waits nor throws. */
  tend(accountId: string, adapter: ExchangeAdapter): void;
  /** Somebody else's from now on. What is armed stays armed: whoever takes over has the rest of its time. */
  forget(accountId: string): void;
  /** Everything that was being said has its answer. */
  quiet(): Promise<void>;
}

interface Kept {
  readonly adapter: ExchangeAdapter;
  /** What this process has said since it has owned the account. */
  said: SaidOfSwitch | null;
  armed: { readonly timeoutSeconds: number; readonly refreshedAtMs: number } | null;
  speaking: Promise<void> | null;
}

type Word = Exclude<SwitchStep, { kind: 'hold' }>;

/** A word can reach the exchange after our deadline for its answer, ms: it counts from its arrival. */
const ARRIVES_WITHIN_MS = 10_000;
const SHORTEST_CALL_MS = 1_000;

export function keepSwitches(options: SwitchOptions): SwitchKeeper {
  const { switches: store, bound, clock, callTimeoutMs, log, crashPoint } = options;
  const kept = new Map<string, Kept>();
  let standing: ReadonlyMap<string, DeadMansSwitch> = new Map();

  const say = async (wished: DeadMansSwitch, own: Kept, word: Word, adapter: ExchangeAdapter): Promise<void> => {
    const { accountId } = wished;
    const { exchange } = adapter.capabilities;
    const timeoutSeconds = word.kind === 'arm' ? word.timeoutSeconds : null;
    const atMs = clock.now().getTime();
    try {
      // Durable before it is said: whoever comes after a crash knows that it may be armed. A connection dies with us.
      if (timeoutSeconds !== null && bound === 'account')
        await store.mayFire(accountId, iso(atMs + timeoutSeconds * 1_000 + callTimeoutMs + ARRIVES_WITHIN_MS));
      crashPoint('switch:before-word', exchange);
      const outcome = await told(adapter, timeoutSeconds, callTimeoutMs);
      crashPoint('switch:after-word', exchange);
      const failures = outcome.kind === 'set' ? 0 : (own.said?.failures ?? 0) + 1;
      own.said = { atMs, failures, retryAfterMs: outcome.kind === 'set' ? null : outcome.retryAfterMs };
      if (outcome.kind === 'unset') {
        const error = outcome.message.slice(0, 200);
        if (failures === 1) log.warn({ accountId, error }, "the dead man's switch was not set; it is tried again");
        await store.unconfirmed(accountId, error);
        return;
      }
      own.armed = timeoutSeconds === null ? null : { timeoutSeconds, refreshedAtMs: atMs };
      const armed = own.armed && {
        timeoutSeconds: own.armed.timeoutSeconds,
        refreshedAt: iso(atMs),
        until: iso(bound === 'account' ? atMs + own.armed.timeoutSeconds * 1_000 : atMs),
      };
      await store.confirmed(accountId, armed, wished.mayFireUntil);
    } catch (error) {
      // Not written, or nothing could be said: the next rounds try again.
      own.said = { atMs, failures: (own.said?.failures ?? 0) + 1, retryAfterMs: null };
      log.warn({ err: error, accountId }, "the dead man's switch could not be kept");
    }
  };
  return {
    read: async () => {
      standing = new Map((await store.standing()).map((one) => [one.accountId, one]));
    },
    accounts: () => [...new Set([...standing.keys(), ...kept.keys()])],
    tend: (accountId, adapter) => {
      if ((adapter.capabilities.deadMansSwitch?.bound ?? 'account') !== bound) return;
      const known = kept.get(accountId);
      const own = known?.adapter === adapter ? known : { adapter, said: null, armed: null, speaking: null };
      const wished = standing.get(accountId) ?? (own.armed === null ? null : offOf(accountId));
      if (wished === null) {
        kept.delete(accountId);
        return;
      }
      kept.set(accountId, own);
      if (own.speaking !== null) return;
      const { timeoutSeconds, mayFireUntil } = wished;
      const recordedMs = mayFireUntil === null ? null : Date.parse(mayFireUntil);
      const openMs = own.armed === null ? null : Number.POSITIVE_INFINITY;
      const mayFireUntilMs = bound === 'account' ? recordedMs : openMs;
      const facts = { timeoutSeconds, mayFireUntilMs, armed: own.armed, said: own.said };
      const step = planSwitch(facts, clock.now().getTime());
      if (step.kind === 'hold') return;
      own.speaking = say(wished, own, step, adapter).finally(() => {
        own.speaking = null;
      });
    },
    forget: (accountId) => void kept.delete(accountId),
    quiet: async () => void (await Promise.all([...kept.values()].flatMap(({ speaking }) => speaking ?? []))),
  };
}

/** An answer that does not come must not take the time of the next tries. */
function told(adapter: ExchangeAdapter, timeoutSeconds: number | null, callTimeoutMs: number): Promise<SwitchOutcome> {
  const patienceMs = timeoutSeconds === null ? callTimeoutMs : refreshEveryMs(timeoutSeconds);
  const timeoutMs = Math.min(callTimeoutMs, Math.max(SHORTEST_CALL_MS, patienceMs));
  return adapter.setDeadMansSwitch(timeoutSeconds, { timeoutMs });
}

/** Nobody speaks of it any more; what this process holds is let go. */
const offOf = (accountId: string): DeadMansSwitch => ({
  accountId,
  timeoutSeconds: null,
  armed: null,
  mayFireUntil: null,
  lastError: null,
});

const iso = (ms: number): string => new Date(ms).toISOString();
