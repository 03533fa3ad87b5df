import type { ApiTokenRecord, Principal } from './contracts.ts';

/** Whom a valid token signs in. */
export const principalOf = ({
  id,
  userId,
  role,
  expiresAt,
}: Pick<ApiTokenRecord, 'id' | 'userId' | 'role' | 'expiresAt'>): Principal => ({
  userId,
  role,
  tokenId: id,
  ...(expiresAt === null ? {} : { expiresAt }),
});
