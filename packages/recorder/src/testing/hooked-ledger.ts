import type { OrderLedger } from '@orderplane/store';

export type Write = 'place' | 'commit';

/** Called around every write of the ledger; one that throws is a process that dies there. */
export interface LedgerHooks {
  before: (write: Write) => Promise<void> | void;
  after: (write: Write) => Promise<void> | void;
}

export const noHooks = (): LedgerHooks => ({ before: () => undefined, after: () => undefined });

/** The same ledger; reads go straight through. */
export function hookedLedger(ledger: OrderLedger, hooks: LedgerHooks): OrderLedger {
  return {
    intents: ledger.intents,
    states: ledger.states,
    purged: ledger.purged,
    groups: {
      place: async (group, orders, time) => {
        await hooks.before('place');
        const results = await ledger.groups.place(group, orders, time);
        await hooks.after('place');
        return results;
      },
      find: (groupId) => ledger.groups.find(groupId),
      recordConflict: async (groupId, conflict) => {
        await hooks.before('commit');
        const recorded = await ledger.groups.recordConflict(groupId, conflict);
        await hooks.after('commit');
        return recorded;
      },
      byIds: (userId, groupIds) => ledger.groups.byIds(userId, groupIds),
      membersOf: (userId, groupIds) => ledger.groups.membersOf(userId, groupIds),
    },
    place: async (record, journal, options) => {
      await hooks.before('place');
      const result = await ledger.place(record, journal, options);
      await hooks.after('place');
      return result;
    },
    commit: async (change) => {
      await hooks.before('commit');
      const result = await ledger.commit(change);
      await hooks.after('commit');
      return result;
    },
    refuse: (accountId, requests) => ledger.refuse(accountId, requests),
    find: (orderId) => ledger.find(orderId),
    findByClientOrderId: (accountId, clientOrderId) => ledger.findByClientOrderId(accountId, clientOrderId),
    findByVenueIds: (accountId, ids) => ledger.findByVenueIds(accountId, ids),
    openOrders: (accountId, symbol) => ledger.openOrders(accountId, symbol),
    marketsOf: (accountId, limit) => ledger.marketsOf(accountId, limit),
    unsettled: (page) => ledger.unsettled(page),
    journalOf: (orderId) => ledger.journalOf(orderId),
    accountJournal: (accountId, after, limit) => ledger.accountJournal(accountId, after, limit),
    journalBounds: (accountIds) => ledger.journalBounds(accountIds),
    accountSnapshot: (accountId) => ledger.accountSnapshot(accountId),
  };
}
