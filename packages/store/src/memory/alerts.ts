import type { AlertStatus, ExchangeId } from '@orderplane/domain';
import { byPosition, changesOf } from '../alert-changes.ts';
import type {
  Alert,
  AlertCancel,
  AlertChange,
  AlertCreation,
  AlertFire,
  AlertStore,
  NewAlert,
  PageRequest,
  PriceNeed,
} from '../contracts.ts';
import { alertCursor, checkedLimit, pageLimit, parseOrderCursor, WALK_LIMIT } from '../paging.ts';
import { compareText, key } from './state.ts';
import type { AlertRow } from './state.ts';
import type { MemoryTables } from './tables.ts';

const byCreation = (a: Alert, b: Alert): number => compareText(a.createdAt, b.createdAt) || compareText(a.id, b.id);

export class MemoryAlertStore implements AlertStore {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async create(alert: NewAlert, maxArmed: number): Promise<AlertCreation> {
    const { accounts, alerts } = this.#tables.state;
    const account = accounts.get(alert.accountId)?.account;
    if (account === undefined || account.unlinkedAt !== null) return { kind: 'notFound' };
    const known = alerts.get(alert.id);
    if (known !== undefined) return { kind: 'created', alert: known.alert, again: true };
    const armed = this.#all().filter((one) => one.accountId === alert.accountId && one.status === 'ARMED').length;
    if (armed >= maxArmed) return { kind: 'tooMany', armed };
    const created: Alert = { ...alert, status: 'ARMED', updatedAt: alert.createdAt, fired: null };
    alerts.set(alert.id, { alert: created, armedAt: this.#next(alert.accountId), endedAt: null });
    return { kind: 'created', alert: created, again: false };
  }

  async cancel(userId: string, alertId: string, at: string): Promise<AlertCancel> {
    const row = this.#tables.state.alerts.get(alertId);
    if (row?.alert.userId !== userId) return { kind: 'notFound' };
    if (row.alert.status === 'TRIGGERED') return { kind: 'triggered', alert: row.alert };
    if (row.alert.status === 'CANCELLED') return { kind: 'cancelled', alert: row.alert, again: true };
    return { kind: 'cancelled', alert: this.#end(row, 'CANCELLED', at, null), again: false };
  }

  async fire(alertId: string, fire: AlertFire): Promise<Alert | null> {
    const row = this.#tables.state.alerts.get(alertId);
    return row?.alert.status === 'ARMED' ? this.#end(row, 'TRIGGERED', fire.at, fire) : null;
  }

  async byId(userId: string, alertId: string): Promise<Alert | null> {
    const alert = this.#tables.state.alerts.get(alertId)?.alert;
    return alert?.userId === userId ? alert : null;
  }

  async page(
    filter: { readonly userId: string; readonly accountId: string; readonly status?: AlertStatus },
    page: PageRequest,
  ): ReturnType<AlertStore['page']> {
    const limit = pageLimit(page);
    const after = page.after === undefined ? null : parseOrderCursor(page.after);
    const found = this.#all()
      .filter(
        (one) =>
          one.userId === filter.userId &&
          one.accountId === filter.accountId &&
          (filter.status === undefined || one.status === filter.status) &&
          (after === null || (compareText(one.createdAt, after.createdAt) || compareText(one.id, after.orderId)) < 0),
      )
      .sort((a, b) => byCreation(b, a));
    const alerts = found.slice(0, limit).map((alert) => ({ cursor: alertCursor(alert), alert }));
    return { alerts, hasNext: found.length > limit };
  }

  async positions(accountIds: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    return new Map(accountIds.map((id) => [id, this.#tables.state.alertPositions.get(id) ?? 0n]));
  }

  async changes(accountId: string, after: bigint, limit: number): Promise<readonly AlertChange[]> {
    return [...this.#tables.state.alerts.values()]
      .filter(({ alert }) => alert.accountId === accountId)
      .flatMap(({ alert, armedAt, endedAt }) => changesOf(alert, armedAt, endedAt))
      .filter(({ position }) => position > after)
      .sort(byPosition)
      .slice(0, checkedLimit(limit, WALK_LIMIT));
  }

  async needs(): Promise<readonly PriceNeed[]> {
    const needs = new Map<string, PriceNeed>();
    for (const { status, exchange, trigger } of this.#all()) {
      if (status !== 'ARMED') continue;
      const at = key(exchange, trigger.symbol);
      needs.set(at, { exchange, symbol: trigger.symbol, armed: (needs.get(at)?.armed ?? 0) + 1 });
    }
    return [...needs.values()].sort((a, b) => compareText(a.exchange, b.exchange) || compareText(a.symbol, b.symbol));
  }

  async armed(exchange: ExchangeId, symbol: string, createdSince: string | null): Promise<readonly Alert[]> {
    return this.#all()
      .filter(
        (one) =>
          one.status === 'ARMED' &&
          one.exchange === exchange &&
          one.trigger.symbol === symbol &&
          (createdSince === null || one.createdAt >= createdSince),
      )
      .sort(byCreation);
  }

  #all(): Alert[] {
    return [...this.#tables.state.alerts.values()].map(({ alert }) => alert);
  }

  #next(accountId: string): bigint {
    const next = (this.#tables.state.alertPositions.get(accountId) ?? 0n) + 1n;
    this.#tables.state.alertPositions.set(accountId, next);
    return next;
  }

  #end(row: AlertRow, status: AlertStatus, updatedAt: string, fired: AlertFire | null): Alert {
    const alert: Alert = { ...row.alert, status, updatedAt, fired };
    this.#tables.state.alerts.set(alert.id, { ...row, alert, endedAt: this.#next(alert.accountId) });
    return alert;
  }
}
