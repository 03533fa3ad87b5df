import type { AlertStatus, DecimalString, ExchangeId, TriggerDirection, TriggerSource } from '@orderplane/domain';
import type { PageRequest } from './paging.ts';

export interface NewAlert {
  /** The same for a repeat of the same command: it is created once. */
  readonly id: string;
  readonly accountId: string;
  readonly userId: string;
  readonly exchange: ExchangeId;
  /** The market that the alert is about, for people. */
  readonly symbol: string;
  /** What is watched: may be another market of the same exchange. */
  readonly trigger: {
    readonly symbol: string;
    readonly source: TriggerSource;
    readonly direction: TriggerDirection;
    readonly price: DecimalString;
  };
  readonly note: string | null;
  readonly createdAt: string;
}

export interface Alert extends NewAlert {
  readonly status: AlertStatus;
  readonly updatedAt: string;
  readonly fired: AlertFire | null;
}

export interface AlertFire {
  readonly price: DecimalString;
  /** When the price was, by the exchange where it tells. */
  readonly priceAt: string;
  /** When it was recorded, by our clock. */
  readonly at: string;
}

export type AlertCreation =
  /** `again`: the same command had created it before. */
  | { readonly kind: 'created'; readonly alert: Alert; readonly again: boolean }
  /** So many are armed already. */
  | { readonly kind: 'tooMany'; readonly armed: number }
  /** No such account, or it is unlinked. */
  | { readonly kind: 'notFound' };

export type AlertCancel =
  | { readonly kind: 'cancelled'; readonly alert: Alert; readonly again: boolean }
  | { readonly kind: 'triggered'; readonly alert: Alert }
  | { readonly kind: 'notFound' };

/** One line of an account's alerts: armed, or ended. Numbered by the account, in the order of the commits. */
export interface AlertChange {
  readonly position: bigint;
  /** As it was left by this change. */
  readonly alert: Alert;
}

export interface PriceNeed {
  readonly exchange: ExchangeId;
  readonly symbol: string;
  readonly armed: number;
}

/** Price watches that only notify: ARMED → TRIGGERED | CANCELLED, each once, history kept. */
export interface AlertStore {
  create(alert: NewAlert, maxArmed: number): Promise<AlertCreation>;
  cancel(userId: string, alertId: string, at: string): Promise<AlertCancel>;
  /** Compare-and-swap on ARMED. Null: it had ended before, and stays as it is. */
  fire(alertId: string, fire: AlertFire): Promise<Alert | null>;
  byId(userId: string, alertId: string): Promise<Alert | null>;
  /** Newest first. `after` is a cursor of this list. */
  page(
    filter: { readonly userId: string; readonly accountId: string; readonly status?: AlertStatus },
    page: PageRequest,
  ): Promise<{
    readonly alerts: readonly { readonly cursor: string; readonly alert: Alert }[];
    readonly hasNext: boolean;
  }>;
  /** Of each account: not before its newest change; 0 when there was none. */
  positions(accountIds: readonly string[]): Promise<ReadonlyMap<string, bigint>>;
  /** Changes after a position, oldest first. */
  changes(accountId: string, after: bigint, limit: number): Promise<readonly AlertChange[]>;
  /** Markets that some armed alert waits for. */
  needs(): Promise<readonly PriceNeed[]>;
  /** Armed alerts that wait for a price of this market; `createdSince`: only those created at or after it. */
  armed(exchange: ExchangeId, symbol: string, createdSince: string | null): Promise<readonly Alert[]>;
}
