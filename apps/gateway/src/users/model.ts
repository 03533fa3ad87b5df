import type { ApiTokenRecord, AuditLine, Listing, User } from '@orderplane/store';

/** What the resolvers of the connections are given. */
interface Page<T> extends Listing<T> {
  readonly hasPrevious: boolean;
}
export type UserPage = Page<User>;
export type ApiTokenPage = Page<ApiTokenRecord>;
export type AuditPage = Page<AuditLine>;
