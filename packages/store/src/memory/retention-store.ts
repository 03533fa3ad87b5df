import type { Purged, PurgeTerms, RetainedAccount, RetentionStore } from '../contracts.ts';
import { isOwnLeg, legIdRows } from '../order-rows.ts';
import { checkedLimit, WALK_LIMIT } from '../paging.ts';
import {
  clientOrderName,
  cutsAt,
  fillName,
  isDue,
  legName,
  NOTHING_PURGED,
  PURGE_ACTION,
  purgeOutcome,
  venueName,
  type DueFacts,
} from '../retention.ts';
import { byCreation, compareText, isRecorded, key, toRecord } from './state.ts';
import type { AccountRow, RecordedOrder } from './state.ts';
import type { MemoryTables } from './tables.ts';

export class MemoryRetentionStore implements RetentionStore {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async due(now: string, graceMs: number): Promise<readonly RetainedAccount[]> {
    const { accounts } = this.#tables.state;
    return [...accounts.values()]
      .flatMap(({ account }) => {
        const days = account.privacy.historyRetentionDays;
        if (days === null) return [];
        const { quiet } = cutsAt(now, graceMs, days);
        const oldest = this.#ordersOf(account.id).find((row) => row.derived.done && row.actual.updatedAt <= quiet);
        if (oldest === undefined && this.#lateBefore(account.id, quiet).length === 0) return [];
        const oldestDueAt = oldest?.actual.updatedAt ?? null;
        return [{ accountId: account.id, exchange: account.exchange, oldestDueAt }];
      })
      .sort((a, b) => compareText(a.accountId, b.accountId));
  }

  async purge(terms: PurgeTerms): Promise<Purged> {
    checkedLimit(terms.limit, WALK_LIMIT);
    const { accountId, now } = terms;
    const row = this.#tables.state.accounts.get(accountId);
    const facts = row === undefined ? null : this.#factsOf(row, terms);
    if (row === undefined || facts === null) return NOTHING_PURGED;
    const ready = this.#ordersOf(accountId)
      .filter((order) => this.#circleOf(order).every((one) => isDue(toRecord(one), [...one.fills.values()], facts)))
      .slice(0, terms.limit);
    const chosen = new Map(ready.flatMap((order) => this.#circleOf(order)).map((one) => [one.intent.orderId, one]));
    const late = this.#lateBefore(accountId, facts.cuts.quiet);
    for (const [id] of late) this.#tables.state.unattributed.delete(id);
    const ended = [...chosen.values()].map(({ actual }) => actual.updatedAt).sort(compareText);
    const purged: Purged = {
      orderIds: [...chosen.keys()].sort(compareText),
      events: this.#takeLines(accountId, new Set(chosen.keys())),
      fills: [...chosen.values()].reduce((total, { fills }) => total + fills.size, late.length),
      endedFrom: ended[0] ?? null,
      endedTo: ended.at(-1) ?? null,
    };
    for (const order of chosen.values()) this.#take(order, now);
    if (chosen.size === 0 && late.length === 0) return NOTHING_PURGED;
    const { userId } = row.account;
    const outcome = purgeOutcome(purged);
    this.#tables.state.audit.push({ at: now, userId, action: PURGE_ACTION, target: accountId, outcome, remote: null });
    return purged;
  }

  async forget(before: string, limit: number): Promise<number> {
    checkedLimit(limit, WALK_LIMIT);
    const { purged, purgedNames, accounts, fillsWatermarks } = this.#tables.state;
    const old = [...purged.values()]
      .filter((one) => one.purgedAt <= before)
      .filter(
        ({ accountId, purgedAt }) =>
          (accounts.get(accountId)?.account.unlinkedAt ?? null) !== null ||
          (fillsWatermarks.get(accountId) ?? '') > purgedAt,
      )
      .sort((a, b) => compareText(a.purgedAt, b.purgedAt))
      .slice(0, limit);
    const gone = new Set(old.map(({ orderId }) => orderId));
    for (const orderId of gone) purged.delete(orderId);
    for (const [name, orderId] of [...purgedNames]) if (gone.has(orderId)) purgedNames.delete(name);
    return gone.size;
  }

  #factsOf({ account }: AccountRow, { now, graceMs, visibilityMs }: PurgeTerms): DueFacts | null {
    const days = account.privacy.historyRetentionDays;
    if (days === null) return null;
    const { fillsWatermarks, unattributed } = this.#tables.state;
    const readAt = fillsWatermarks.get(account.id);
    return {
      cuts: cutsAt(now, graceMs, days),
      isUnlinked: account.unlinkedAt !== null,
      readUpTo: readAt === undefined ? null : new Date(Date.parse(readAt) - visibilityMs).toISOString(),
      pending: [...unattributed.values()].filter((fill) => fill.accountId === account.id && fill.attributedAt === null),
    };
  }

  #ordersOf(accountId: string): readonly RecordedOrder[] {
    return [...this.#tables.state.orders.values()]
      .filter(isRecorded)
      .filter(({ intent }) => intent.accountId === accountId)
      .sort(byCreation);
  }

  /** The orders of its group; itself, where it stands alone. */
  #circleOf(order: RecordedOrder): readonly RecordedOrder[] {
    const { groupMembers, orders } = this.#tables.state;
    const { groupId } = order.intent;
    if (groupId === null) return [order];
    return [...(groupMembers.get(groupId) ?? [])].map((orderId) => orders.get(orderId)).filter(isRecorded);
  }

  /** Executions of orders that are gone. */
  #lateBefore(accountId: string, quiet: string) {
    const { unattributed, orders } = this.#tables.state;
    return [...unattributed].filter(
      ([, fill]) =>
        fill.accountId === accountId &&
        fill.attributedAt !== null &&
        fill.attributedAt <= quiet &&
        !orders.has(fill.orderId ?? ''),
    );
  }

  /** How many public lines go; what came before the newest of them can't be resumed from any more. */
  #takeLines(accountId: string, orderIds: ReadonlySet<string>): number {
    const { journals, purgedUpTo } = this.#tables.state;
    const lines = (journals.get(accountId) ?? []).filter((line) => orderIds.has(line.orderId));
    const newest = lines.at(-1)?.cursor ?? 0n;
    if (newest > (purgedUpTo.get(accountId) ?? 0n)) purgedUpTo.set(accountId, newest);
    return lines.filter((line) => line.entry !== null).length;
  }

  #take(order: RecordedOrder, purgedAt: string): void {
    const { purged, purgedNames, unattributed, groups } = this.#tables.state;
    const { orderId, accountId, groupId, requestHash } = order.intent;
    const endedAt = order.actual.updatedAt;
    purged.set(orderId, { orderId, accountId, requestHash, state: order.derived.state, endedAt, purgedAt });
    for (const name of namesOf(order)) purgedNames.set(key(accountId, name), orderId);
    for (const [id, fill] of [...unattributed]) if (fill.orderId === orderId) unattributed.delete(id);
    this.#tables.remove(orderId);
    if (groupId !== null) groups.delete(groupId);
  }
}

function namesOf({ intent, actual, fills }: RecordedOrder): readonly string[] {
  const { orderId, origin, spec } = intent;
  const { machine } = actual;
  return [
    clientOrderName(intent.clientOrderId),
    ...machine.legs.flatMap((leg, index) => (isOwnLeg(origin, index) ? [legName(leg.venueClientId)] : [])),
    ...legIdRows(machine).flatMap((id) => [
      venueName(id.venue_order_id, spec.symbol),
      venueName(id.venue_order_id, null),
    ]),
    ...[...fills.keys()].map((tradeId) => fillName(orderId, tradeId)),
  ];
}
