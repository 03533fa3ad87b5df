import { AlreadyExistsError, NotFoundError } from '../contracts.ts';
import type {
  ApiTokenRecord,
  AuditEntry,
  AuditLine,
  Identity,
  Listing,
  PageRequest,
  User,
  UserStore,
} from '../contracts.ts';
import { checkedIds, pageLimit, parseAuditCursor, parseOrderCursor } from '../paging.ts';
import { compareText } from './state.ts';
import type { MemoryTables } from './tables.ts';

export class MemoryUserStore implements UserStore {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async create(
    user: { readonly id: string; readonly name: string; readonly createdAt: string },
    identity: Identity | null,
  ): Promise<User> {
    const { users } = this.#tables.state;
    if (users.has(user.id)) throw new AlreadyExistsError('user', user.id);
    if (identity !== null && this.#meant(identity) !== null) throw new AlreadyExistsError('identity', identity.subject);
    const created: User = { ...user, disabledAt: null, identities: identity === null ? [] : [identity] };
    users.set(user.id, created);
    return created;
  }

  async byIds(userIds: readonly string[]): Promise<readonly User[]> {
    return checkedIds(userIds).flatMap((id) => this.#tables.state.users.get(id) ?? []);
  }

  async byIdentity(identity: Identity): Promise<User | null> {
    return this.#meant(identity);
  }

  async page(page: PageRequest): Promise<Listing<User>> {
    return newestFirst([...this.#tables.state.users.values()], page);
  }

  async setDisabled(userId: string, at: string | null): Promise<User | null> {
    const user = this.#tables.state.users.get(userId);
    if (user === undefined) return null;
    const changed: User = { ...user, disabledAt: at === null ? null : (user.disabledAt ?? at) };
    this.#tables.state.users.set(userId, changed);
    return changed;
  }

  async linkIdentity(userId: string, identity: Identity): Promise<void> {
    const user = this.#tables.state.users.get(userId);
    if (user === undefined) throw new NotFoundError('user', userId);
    const meant = this.#meant(identity);
    if (meant?.id === userId) return;
    if (meant !== null) throw new AlreadyExistsError('identity', identity.subject);
    this.#tables.state.users.set(userId, { ...user, identities: [...user.identities, identity].sort(byIssuer) });
  }

  async unlinkIdentity(userId: string, identity: Identity): Promise<boolean> {
    const user = this.#meant(identity);
    if (user?.id !== userId) return false;
    const identities = user.identities.filter((one) => !isSame(one, identity));
    this.#tables.state.users.set(userId, { ...user, identities });
    return true;
  }

  async tokenById(tokenId: string): Promise<ApiTokenRecord | null> {
    return this.#tables.state.tokens.get(tokenId)?.record ?? null;
  }

  async tokens(
    { userId, prefix }: Parameters<UserStore['tokens']>[0],
    page: PageRequest,
  ): Promise<Listing<ApiTokenRecord>> {
    const found = [...this.#tables.state.tokens.values()]
      .map(({ record }) => record)
      .filter((one) => userId === undefined || one.userId === userId)
      .filter((one) => prefix === undefined || one.prefix === prefix);
    return newestFirst(found, page);
  }

  async revokeToken(tokenId: string, at: string): Promise<ApiTokenRecord | null> {
    const row = this.#tables.state.tokens.get(tokenId);
    if (row === undefined) return null;
    const record: ApiTokenRecord = { ...row.record, revokedAt: row.record.revokedAt ?? at };
    this.#tables.state.tokens.set(tokenId, { ...row, record });
    return record;
  }

  async writeAudit(entries: readonly AuditEntry[]): Promise<void> {
    this.#tables.state.audit.push(...entries);
  }

  async auditLog(
    { userId, action }: Parameters<UserStore['auditLog']>[0],
    page: PageRequest,
  ): Promise<Listing<AuditLine>> {
    const limit = pageLimit(page);
    const before = page.after === undefined ? null : parseAuditCursor(page.after);
    const found = this.#tables.state.audit
      .map((entry, index) => ({ via: null, ...entry, id: String(index + 1) }))
      .filter((line) => before === null || BigInt(line.id) < before)
      .filter((line) => userId === undefined || line.userId === userId)
      .filter((line) => action === undefined || line.action === action)
      .reverse();
    return { items: found.slice(0, limit), hasNext: found.length > limit };
  }

  #meant(identity: Identity): User | null {
    const users = [...this.#tables.state.users.values()];
    return users.find((user) => user.identities.some((one) => isSame(one, identity))) ?? null;
  }
}

const isSame = (a: Identity, b: Identity): boolean => a.issuer === b.issuer && a.subject === b.subject;
const byIssuer = (a: Identity, b: Identity): number =>
  compareText(a.issuer, b.issuer) || compareText(a.subject, b.subject);

interface Dated {
  readonly id: string;
  readonly createdAt: string;
}

function newestFirst<T extends Dated>(items: readonly T[], page: PageRequest): Listing<T> {
  const limit = pageLimit(page);
  const after = page.after === undefined ? null : parseOrderCursor(page.after);
  const compare = (a: Dated, b: Dated): number => compareText(a.createdAt, b.createdAt) || compareText(a.id, b.id);
  const found = items
    .filter((one) => after === null || compare(one, { id: after.orderId, createdAt: after.createdAt }) < 0)
    .sort((a, b) => compare(b, a));
  return { items: found.slice(0, limit), hasNext: found.length > limit };
}
