import type { ArmedSwitch, DeadMansSwitch, DeadMansSwitchStore, SwitchSetting } from '../contracts.ts';
import { compareText } from './state.ts';
import type { MemoryTables } from './tables.ts';

export class MemoryDeadMansSwitchStore implements DeadMansSwitchStore {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async set(userId: string, accountId: string, timeoutSeconds: number | null): Promise<SwitchSetting> {
    const account = this.#tables.state.accounts.get(accountId)?.account;
    if (account?.userId !== userId || account.unlinkedAt !== null) return { kind: 'notFound' };
    const known = this.#all.get(accountId);
    const before = known ?? { accountId, timeoutSeconds: null, armed: null, mayFireUntil: null, lastError: null };
    const deadMansSwitch = { ...before, timeoutSeconds };
    const again = before.timeoutSeconds === timeoutSeconds;
    if (!again) this.#all.set(accountId, deadMansSwitch);
    return { kind: 'set', deadMansSwitch, again };
  }

  async of(accountIds: readonly string[]): Promise<readonly DeadMansSwitch[]> {
    return [...new Set(accountIds)].sort(compareText).flatMap((id) => this.#all.get(id) ?? []);
  }

  async standing(): Promise<readonly DeadMansSwitch[]> {
    const linked = [...this.#all.values()].filter(
      ({ accountId }) => this.#tables.state.accounts.get(accountId)?.account.unlinkedAt === null,
    );
    return linked
      .filter(({ timeoutSeconds, mayFireUntil }) => timeoutSeconds !== null || mayFireUntil !== null)
      .sort((a, b) => compareText(a.accountId, b.accountId));
  }

  async mayFire(accountId: string, until: string): Promise<void> {
    this.#change(accountId, (before) => ({
      ...before,
      mayFireUntil: before.mayFireUntil !== null && before.mayFireUntil > until ? before.mayFireUntil : until,
    }));
  }

  async confirmed(accountId: string, armed: ArmedSwitch | null, seen: string | null): Promise<void> {
    this.#change(accountId, (before) => {
      const mayFireUntil = armed === null && before.mayFireUntil === seen ? null : before.mayFireUntil;
      return { ...before, armed, mayFireUntil, lastError: null };
    });
  }

  async unconfirmed(accountId: string, error: string): Promise<void> {
    this.#change(accountId, (before) => ({ ...before, lastError: error }));
  }

  get #all(): Map<string, DeadMansSwitch> {
    return this.#tables.state.deadMansSwitches;
  }

  #change(accountId: string, change: (before: DeadMansSwitch) => DeadMansSwitch): void {
    const before = this.#all.get(accountId);
    if (before !== undefined) this.#all.set(accountId, change(before));
  }
}
