import { DEFAULT_DATA_AGE_SECONDS } from '@orderplane/domain';
import { isId } from '../access/roles.ts';
import type { Resolvers } from '../schema/types.generated.ts';
import { haltAccount, resumeAccount, setDeadMansSwitch } from './halt-account.ts';
import { accountHalt, remainingOrder } from './halt-fields.ts';
import { deadMansSwitch } from './dead-mans-switch.ts';
import { health } from './health.ts';
import { linkAccount } from './link-account.ts';
import { rotateCredentials } from './rotate-credentials.ts';
import { lastSyncRun, unattributedFill, unattributedFillConnection, unattributedFills } from './observed.ts';
import { setRiskLimits } from './set-risk-limits.ts';
import { clearOrderCache, setPrivacy } from './privacy.ts';
import { unlinkAccount } from './unlink-account.ts';

export const accountResolvers: Resolvers = {
  Account: {
    lastSyncRun,
    unattributedFills,
    health,
    deadMansSwitch,
    halt: (account) => (account.halt === undefined ? null : { account, halt: account.halt }),
  },
  UnattributedFill: unattributedFill,
  UnattributedFillConnection: unattributedFillConnection,
  Query: {
    accounts: async (_, __, { ports, principal }) =>
      (await ports.access.accountsOfUser(principal.userId)).filter((account) => account.unlinkedAt === null),
    /** Somebody else's account is as good as none; an unlinked one is seen through its orders only. */
    account: async (_, { id }, { loaders }) => {
      const account = isId(id) ? await loaders.account.load(id) : null;
      return account?.unlinkedAt === null ? account : null;
    },
  },
  RiskLimits: {
    maxDataAgeSeconds: (risk) => risk.maxDataAgeSeconds ?? DEFAULT_DATA_AGE_SECONDS,
    requireFreshData: (risk) => risk.requireFreshData ?? false,
  },
  PrivacySettings: { converting: ({ converting }) => converting ?? false },
  Mutation: {
    linkAccount,
    rotateCredentials,
    unlinkAccount,
    haltAccount,
    resumeAccount,
    setDeadMansSwitch,
    setRiskLimits,
    setPrivacy,
    clearOrderCache,
  },
  AccountHalt: accountHalt,
  RemainingOrder: remainingOrder,
};
