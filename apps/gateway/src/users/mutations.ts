import type { UserError } from '@orderplane/domain';
import { AlreadyExistsError, createApiToken, NotFoundError, type User } from '@orderplane/store';
import { jwtTokenId } from '../access/jwt.ts';
import { isId } from '../access/roles.ts';
import type { MutationResolvers } from '../schema/types.generated.ts';
import type { GatewayContext } from '../server/context.ts';
import { roleName } from './fields.ts';
import { identityProblems, parseNewToken, parseNewUser, wrong } from './input.ts';

type Mutations = Required<
  Pick<
    MutationResolvers,
    | 'createUser'
    | 'disableUser'
    | 'enableUser'
    | 'linkIdentity'
    | 'unlinkIdentity'
    | 'createApiToken'
    | 'revokeApiToken'
  >
>;

const refused = (userErrors: readonly UserError[]) => ({ user: null, userErrors });
const noUser = (userId: string) => refused([wrong('NOT_FOUND', `there is no user ${userId.slice(0, 64)}`, ['userId'])]);
const taken = (field: readonly string[]) =>
  wrong('ALREADY_EXISTS', 'this issuer and subject mean another user: unlink that one first', field);

/** Who may do this is said in ../access/permissions.ts; that it was done stands in the audit by ../access/guard.ts. */
export const userMutations: Mutations = {
  createUser: async (_, { input }, { ports }) => {
    const parsed = parseNewUser(input);
    if (!('name' in parsed)) return refused(parsed);
    const { name, identity } = parsed;
    try {
      const user = await ports.users.create({ id: ports.newId(), name, createdAt: ports.clock.iso() }, identity);
      return { user, userErrors: [] };
    } catch (cause) {
      if (cause instanceof AlreadyExistsError) return refused([taken(['input', 'identity'])]);
      throw cause;
    }
  },

  disableUser: async (_, { userId }, context) => {
    if (userId === context.principal.userId)
      return refused([wrong('INVALID_INPUT', 'this is yourself: another admin has to do it', ['userId'])]);
    return changed(context, userId, context.ports.clock.iso());
  },

  enableUser: (_, { userId }, context) => changed(context, userId, null),

  linkIdentity: async (_, { userId, identity }, context) => {
    const problems = identityProblems(identity, ['identity']);
    if (problems.length > 0) return refused(problems);
    if (!isId(userId)) return noUser(userId);
    try {
      await context.ports.users.linkIdentity(userId, identity, context.ports.clock.iso());
    } catch (cause) {
      if (cause instanceof NotFoundError) return noUser(userId);
      if (cause instanceof AlreadyExistsError) return refused([taken(['identity'])]);
      throw cause;
    }
    return { user: await context.loaders.user.load(userId), userErrors: [] };
  },

  unlinkIdentity: async (_, { userId, identity }, context) => {
    if (!isId(userId)) return noUser(userId);
    const problems = identityProblems(identity, ['identity']);
    if (problems.length > 0) return refused(problems);
    const wasLinked = await context.ports.users.unlinkIdentity(userId, identity);
    if (!wasLinked) return refused([wrong('NOT_FOUND', 'this issuer and subject do not mean this user', ['identity'])]);
    await context.revocations.announce({ tokenId: jwtTokenId(userId) });
    return { user: await context.loaders.user.load(userId), userErrors: [] };
  },

  createApiToken: async (_, { input }, { ports, loaders }) => {
    const none = { token: null, apiToken: null };
    const parsed = parseNewToken(input, ports.clock.now().getTime());
    if (!('userId' in parsed)) return { ...none, userErrors: parsed };
    const user = await loaders.user.load(parsed.userId);
    if (user === null || user.disabledAt !== null) return { ...none, userErrors: [unfit(parsed.userId, user)] };
    const { token, tokenHash, prefix } = createApiToken();
    const [id, createdAt] = [ports.newId(), ports.clock.iso()];
    await ports.access.createToken({ ...parsed, id, role: roleName(input.role), tokenHash, prefix, createdAt });
    return { token, apiToken: await ports.users.tokenById(id), userErrors: [] };
  },

  revokeApiToken: async (_, { tokenId }, context) => {
    const { ports, principal, revocations } = context;
    const apiToken = isId(tokenId) ? await ports.users.tokenById(tokenId) : null;
    if (apiToken === null) {
      const message = 'there is no token with this id: see apiTokens';
      return { apiToken, userErrors: [wrong('NOT_FOUND', message, ['tokenId'])] };
    }
    if (tokenId === principal.tokenId) {
      const message = 'this is the token that asks: make another one and revoke this one with it';
      return { apiToken: null, userErrors: [wrong('INVALID_INPUT', message, ['tokenId'])] };
    }
    const revoked = await ports.users.revokeToken(tokenId, ports.clock.iso());
    await revocations.announce({ tokenId });
    return { apiToken: revoked, userErrors: [] };
  },
};

async function changed({ ports, loaders, revocations }: GatewayContext, userId: string, disabledAt: string | null) {
  const user = isId(userId) ? await ports.users.setDisabled(userId, disabledAt) : null;
  if (user === null) return noUser(userId);
  loaders.user.clear(userId);
  if (disabledAt !== null) await revocations.announce({ userId });
  return { user, userErrors: [] };
}

const unfit = (userId: string, user: User | null): UserError =>
  user === null
    ? wrong('NOT_FOUND', `there is no user ${userId}`, ['input', 'userId'])
    : wrong('INVALID_INPUT', `user ${userId} is disabled: enable it first`, ['input', 'userId']);
