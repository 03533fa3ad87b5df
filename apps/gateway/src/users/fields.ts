import { datedCursor } from '@orderplane/store';
import type { Role as RoleName } from '@orderplane/domain';
import { pageInfo, pageSize } from '../orders/paging.ts';
import { isId } from '../access/roles.ts';
import type {
  ApiTokenResolvers,
  AuditConnectionResolvers,
  ApiTokenConnectionResolvers,
  CallerResolvers,
  Role,
  UserConnectionResolvers,
  UserResolvers,
} from '../schema/types.generated.ts';
import type { GatewayContext } from '../server/context.ts';
import { requestError } from '../server/errors.ts';

const ROLES = { viewer: 'VIEWER', trader: 'TRADER', admin: 'ADMIN' } as const satisfies Record<RoleName, Role>;
const NAMES = { VIEWER: 'viewer', TRADER: 'trader', ADMIN: 'admin' } as const satisfies Record<Role, RoleName>;
export const roleName = (role: Role): RoleName => NAMES[role];

async function userOf({ loaders }: GatewayContext, userId: string) {
  const user = await loaders.user.load(userId);
  if (user === null) throw requestError('NOT_FOUND', `user ${userId} does not exist`);
  return user;
}

export const callerFields: Required<CallerResolvers> = {
  user: ({ principal }, _, context) => userOf(context, principal.userId),
  role: ({ principal }) => ROLES[principal.role],
  via: ({ via }) => via,
  expiresAt: ({ principal }) => principal.expiresAt ?? null,
};

export const userFields: Pick<Required<UserResolvers>, 'apiTokens'> = {
  apiTokens: ({ id }, args, context) => tokenPage(context, { userId: id }, args),
};

export const apiTokenFields: Pick<Required<ApiTokenResolvers>, 'user' | 'role' | 'status'> = {
  user: ({ userId }, _, context) => userOf(context, userId),
  role: ({ role }) => ROLES[role],
  status: ({ revokedAt, expiresAt }, _, { ports }) => {
    if (revokedAt !== null) return 'REVOKED';
    return expiresAt !== null && Date.parse(expiresAt) <= ports.clock.now().getTime() ? 'EXPIRED' : 'ACTIVE';
  },
};

export const userConnection: Required<UserConnectionResolvers> = {
  nodes: ({ items }) => items,
  pageInfo: (page) => pageInfo(page.items.map(datedCursor), page),
};
export const apiTokenConnection: Required<ApiTokenConnectionResolvers> = {
  nodes: ({ items }) => items,
  pageInfo: (page) => pageInfo(page.items.map(datedCursor), page),
};
export const auditConnection: Required<AuditConnectionResolvers> = {
  nodes: ({ items }) => items,
  pageInfo: (page) =>
    pageInfo(
      page.items.map(({ id }) => id),
      page,
    ),
};

export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

/** Throws INVALID_INPUT for a page size out of bounds. */
export const pageRequest = ({ first, after }: PageArguments): { readonly limit: number; readonly after?: string } =>
  typeof after === 'string' && after !== '' ? { limit: pageSize(first), after } : { limit: pageSize(first) };

interface TokenFilter {
  readonly userId?: string | null | undefined;
  readonly prefix?: string | null | undefined;
}

/** What can't be an id or a prefix belongs to nothing. */
export async function tokenPage({ ports }: GatewayContext, { userId, prefix }: TokenFilter, args: PageArguments) {
  const hasPrevious = Boolean(args.after);
  const page = pageRequest(args);
  if (![userId ?? 'any', prefix ?? 'any'].every(isId)) return { items: [], hasNext: false, hasPrevious };
  const filter = {
    ...(typeof userId === 'string' ? { userId } : {}),
    ...(typeof prefix === 'string' ? { prefix } : {}),
  };
  return { ...(await ports.users.tokens(filter, page)), hasPrevious };
}
