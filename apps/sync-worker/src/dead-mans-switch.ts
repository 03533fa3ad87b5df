import type { ExchangeAdapter, SwitchOutcome } from '@orderplane/exchange';
import { planSwitch, refreshEveryMs, type SaidOfSwitch, type SwitchStep } from '@orderplane/planner';
import type { DeadMansSwitch } from '@orderplane/store';
import type { SyncContext } from './context.ts';

/** Says what has to be said to the exchanges about the dead man's switches of the accounts that this process owns. */
export interface SwitchKeeper {
  /** Reads what is wished; once a round, before any is tended. */
  read(): Promise<void>;
  /** For an account whose lease was renewed a moment ago. Neither waits nor throws. */
  tend(accountId: string, adapter: ExchangeAdapter): void;
  /** Somebody else's from now on. What is armed stays armed: whoever takes over has the rest of its time. */
  forget(accountId: string): void;
  /** Everything that was being said has its answer. */
  quiet(): Promise<void>;
}

interface Kept {
  /** What this process has said since it has owned the account. */
  said: SaidOfSwitch | null;
  armed: { readonly timeoutSeconds: number; readonly refreshedAtMs: number } | null;
  speaking: Promise<void> | null;
}

type Word = Exclude<SwitchStep, { kind: 'hold' }>;

/** A word can reach the exchange after our deadline for its answer, ms: it counts from its arrival. */
const ARRIVES_WITHIN_MS = 10_000;
const SHORTEST_CALL_MS = 1_000;

export function keepSwitches(
  context: Pick<SyncContext, 'deadMansSwitches' | 'clock' | 'env' | 'log' | 'crashPoint'>,
): SwitchKeeper {
  const { deadMansSwitches: store, clock, env, log, crashPoint } = context;
  const kept = new Map<string, Kept>();
  let standing: ReadonlyMap<string, DeadMansSwitch> = new Map();

  const say = async (wished: DeadMansSwitch, own: Kept, word: Word, adapter: ExchangeAdapter): Promise<void> => {
    const { accountId } = wished;
    const { exchange } = adapter.capabilities;
    const timeoutSeconds = word.kind === 'arm' ? word.timeoutSeconds : null;
    const atMs = clock.now().getTime();
    try {
      // Durable before it is said: whoever comes after a crash knows that it may be armed.
      if (timeoutSeconds !== null)
        await store.mayFire(accountId, iso(atMs + timeoutSeconds * 1_000 + env.CALL_TIMEOUT_MS + ARRIVES_WITHIN_MS));
      crashPoint('switch:before-word', exchange);
      const outcome = await told(adapter, timeoutSeconds);
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
        until: iso(atMs + own.armed.timeoutSeconds * 1_000),
      };
      await store.confirmed(accountId, armed, wished.mayFireUntil);
    } catch (error) {
      // Not written, or nothing could be said: the next rounds try again.
      own.said = { atMs, failures: (own.said?.failures ?? 0) + 1, retryAfterMs: null };
      log.warn({ err: error, accountId }, "the dead man's switch could not be kept");
    }
  };
  const told = (adapter: ExchangeAdapter, timeoutSeconds: number | null): Promise<SwitchOutcome> => {
    // An answer that does not come must not take the time of the next tries.
    const patienceMs = timeoutSeconds === null ? env.CALL_TIMEOUT_MS : refreshEveryMs(timeoutSeconds);
    const timeoutMs = Math.min(env.CALL_TIMEOUT_MS, Math.max(SHORTEST_CALL_MS, patienceMs));
    return adapter.setDeadMansSwitch(timeoutSeconds, { timeoutMs });
  };
  return {
    read: async () => {
      standing = new Map((await store.standing()).map((one) => [one.accountId, one]));
    },
    tend: (accountId, adapter) => {
      const wished = standing.get(accountId);
      if (wished === undefined) {
        kept.delete(accountId);
        return;
      }
      const own = kept.get(accountId) ?? { said: null, armed: null, speaking: null };
      kept.set(accountId, own);
      if (own.speaking !== null) return;
      const { timeoutSeconds, mayFireUntil } = wished;
      const mayFireUntilMs = mayFireUntil === null ? null : Date.parse(mayFireUntil);
      const facts = { timeoutSeconds, mayFireUntilMs, armed: own.armed, said: own.said };
      const step = planSwitch(facts, clock.now().getTime());
      if (step.kind === 'hold') return;
      own.speaking = say(wished, own, step, adapter).finally(() => {
        own.speaking = null;
      });
    },
    forget: (accountId) => void kept.delete(accountId),
    quiet: async () => void (await Promise.all([...kept.values()].map(({ speaking }) => speaking))),
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
