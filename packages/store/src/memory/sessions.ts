import type {
  Entered,
  ExchangeSession,
  OrderRecord,
  ProvedTransition,
  SessionOrders,
  SessionStore,
  Transitioning,
} from '../contracts.ts';
import { pageLimit } from '../paging.ts';
import { byCreation, isRecorded, toRecord } from './state.ts';
import type { MemoryTables } from './tables.ts';

/** Ends the active session `from` and begins the next, which takes over all open orders. */
export function enter(
  tables: MemoryTables,
  from: ExchangeSession,
  next: Pick<ExchangeSession, 'id' | 'transition' | 'name' | 'subject'> & { readonly at: string },
): Entered {
  const { state } = tables;
  const { id, transition, name, subject } = next;
  const { accountId } = from;
  const at = next.at > from.startedAt ? next.at : from.startedAt;
  const reason = `${transition}: from session ${from.id} to ${id}`;
  const rows = [...(state.open.get(accountId) ?? [])]
    .map((orderId) => state.orders.get(orderId))
    .filter(isRecorded)
    .sort(byCreation);
  const cursors = rows.map((row) => {
    const { actual, intent } = row;
    const updatedAt = at > actual.updatedAt ? at : actual.updatedAt;
    const moved = {
      ...row,
      intent: { ...intent, sessionId: id },
      actual: { ...actual, version: actual.version + 1, updatedAt },
      eventCount: row.eventCount + 1,
    };
    tables.put(moved);
    const { life } = actual.machine;
    return tables.appendLine(moved, { type: 'SESSION_MIGRATED', fromState: life, toState: life, reason }, at);
  });
  const session: ExchangeSession = {
    ...{ id, accountId, number: from.number + 1, name, transition, subject },
    ...{ previousId: from.id, startedAt: at, endedAt: null, migrated: rows.length },
  };
  const before = (state.sessions.get(accountId) ?? []).slice(0, -1);
  state.sessions.set(accountId, [...before, { ...from, endedAt: at }, session]);
  return { session, firstCursor: cursors[0] ?? null, lastCursor: cursors.at(-1) ?? null };
}

export class MemorySessionStore implements SessionStore {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async active(accountId: string): Promise<ExchangeSession | null> {
    return this.#active(accountId);
  }

  async activeIds(accountIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return new Map(
      accountIds.flatMap((accountId) => {
        const session = this.#active(accountId);
        return session === null ? [] : [[accountId, session.id] as const];
      }),
    );
  }

  async chain(accountId: string, limit: number): Promise<readonly ExchangeSession[]> {
    return this.#newestFirst(accountId).slice(0, pageLimit({ limit }));
  }

  async subjects(accountId: string): Promise<readonly (string | null)[]> {
    return [...new Set(this.#newestFirst(accountId).map(({ subject }) => subject))];
  }

  async byIds(userId: string, sessionIds: readonly string[]): Promise<readonly ExchangeSession[]> {
    const { sessions, accounts } = this.#tables.state;
    const own = [...sessions].filter(([accountId]) => accounts.get(accountId)?.account.userId === userId);
    return own.flatMap(([, chain]) => chain.filter(({ id }) => sessionIds.includes(id)));
  }

  async orders({ userId, session, activeOnly, byChain, limit }: SessionOrders): Promise<readonly OrderRecord[]> {
    const { state } = this.#tables;
    const numbers = new Map(this.#newestFirst(session.accountId).map(({ id, number }) => [id, number]));
    const open = state.open.get(session.accountId) ?? new Set();
    return [...state.orders.values()]
      .filter(isRecorded)
      .filter(({ intent }) => {
        const made = numbers.get(intent.createdSessionId ?? '') ?? Infinity;
        const tracked = numbers.get(intent.sessionId ?? '') ?? 0;
        const isOfSession = byChain
          ? made <= session.number && tracked >= session.number
          : intent.sessionId === session.id;
        return isOfSession && intent.userId === userId && (!activeOnly || open.has(intent.orderId));
      })
      .sort((a, b) => byCreation(b, a))
      .slice(0, pageLimit({ limit }))
      .map(toRecord);
  }

  async transition(candidateId: string, proved: ProvedTransition): Promise<Transitioning> {
    const { state } = this.#tables;
    const candidate = state.candidates.get(candidateId);
    if (candidate?.session === undefined) return { kind: 'gone' };
    const from = this.#active(candidate.accountId);
    if (from === null) return { kind: 'gone' };
    if (from.id !== proved.fromSessionId) return { kind: 'moved' };
    if (candidate.expiresAt <= proved.at) return { kind: 'gone' };
    state.candidates.delete(candidateId);
    const { name, subject, at } = proved;
    const next = { id: candidateId, transition: candidate.session.transition, name, subject, at };
    return { kind: 'entered', ...enter(this.#tables, from, next) };
  }

  #newestFirst(accountId: string): readonly ExchangeSession[] {
    return (this.#tables.state.sessions.get(accountId) ?? []).toReversed();
  }

  #active(accountId: string): ExchangeSession | null {
    const newest = this.#newestFirst(accountId)[0];
    return newest?.endedAt === null ? newest : null;
  }
}
