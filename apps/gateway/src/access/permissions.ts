import type { Role } from '@orderplane/domain';
import type { Mutation, Query, Subscription } from '../schema/types.generated.ts';

type Rules<Root> = Readonly<Record<Exclude<keyof Root, '__typename'>, Role>>;

interface Permissions {
  readonly Query: Rules<Query>;
  readonly Mutation: Rules<Mutation>;
  readonly Subscription: Rules<Subscription>;
}

/**
 * The least role for every field of the API. A field without a row does not compile. Whose accounts, orders and alerts
 * they are is another question, with the same answer for every role: the caller's own only.
 */
export const PERMISSIONS: Permissions = {
  Query: {
    order: 'viewer',
    orders: 'viewer',
    openOrders: 'viewer',
    orderGroup: 'viewer',
    accounts: 'viewer',
    account: 'viewer',
    alerts: 'viewer',
    sessions: 'viewer',
    exposure: 'viewer',
    balances: 'viewer',
    exchanges: 'viewer',
    markets: 'viewer',
    reconciler: 'viewer',
    me: 'viewer',
    users: 'admin',
    user: 'admin',
    apiTokens: 'admin',
    auditLog: 'admin',
  },
  Mutation: {
    placeOrder: 'trader',
    placeOrderGroup: 'trader',
    modifyOrder: 'trader',
    cancelOrder: 'trader',
    cancelAllOrders: 'trader',
    createAlert: 'trader',
    cancelAlert: 'trader',
    syncOrders: 'trader',
    linkAccount: 'trader',
    rotateCredentials: 'trader',
    unlinkAccount: 'trader',
    haltAccount: 'trader',
    resumeAccount: 'trader',
    setDeadMansSwitch: 'trader',
    setRiskLimits: 'trader',
    setPrivacy: 'trader',
    clearOrderCache: 'trader',
    transitionSession: 'trader',
    createUser: 'admin',
    disableUser: 'admin',
    enableUser: 'admin',
    linkIdentity: 'admin',
    unlinkIdentity: 'admin',
    createApiToken: 'admin',
    revokeApiToken: 'admin',
  },
  Subscription: {
    orderUpdates: 'viewer',
    alertUpdates: 'viewer',
    ticker: 'viewer',
  },
};

/** Mutations whose line of the audit is in the database before they answer: those that give or take power. */
export const isGrave = (field: string): boolean => GRAVE.has(field);
const GRAVE: ReadonlySet<string> = new Set([
  ...Object.entries(PERMISSIONS.Mutation).flatMap(([field, role]) => (role === 'admin' ? [field] : [])),
  'linkAccount',
  'rotateCredentials',
  'setRiskLimits',
  'transitionSession',
  'unlinkAccount',
]);
