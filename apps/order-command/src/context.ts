import type { DecimalString, ExchangeId, Market, UserError } from '@orderplane/domain';
import type { ExchangeCapabilities } from '@orderplane/exchange/capabilities';
import type { AlertBell, CommandResult, Waker } from '@orderplane/queues';
import type { RecorderOptions } from '@orderplane/recorder';
import type { CrashPoint } from '@orderplane/service-kit';
import type { FundsBook } from './funds-book.ts';
import type { PreTrade } from './pre-trade.ts';
import type { AccessStore, AccountStore, AlertStore, DeadMansSwitchStore, OpenOrderCache } from '@orderplane/store';

export interface CommandContext {
  readonly recorder: RecorderOptions;
  readonly access: AccessStore;
  readonly accounts: Pick<AccountStore, 'unlink' | 'halt' | 'resume' | 'setPrivacy' | 'renewCache'>;
  readonly cache: Pick<OpenOrderCache, 'forget'>;
  /** Orders can be sealed: this system was given the keys for it. */
  readonly canSeal: boolean;
  readonly alerts: Pick<AlertStore, 'create' | 'cancel'>;
  readonly deadMansSwitches: Pick<DeadMansSwitchStore, 'set' | 'of'>;
  readonly alertBell: AlertBell;
  /** Of one account. */
  readonly maxArmedAlerts: number;
  readonly waker: Waker;
  readonly capabilities: (exchange: ExchangeId) => ExchangeCapabilities;
  readonly markets: MarketDirectory;
  readonly exchangeReachable: (exchange: ExchangeId) => Promise<boolean>;
  /** What keeps this account from trading while others of its exchange may; null: nothing that is known. */
  readonly accountTrouble: (accountId: string) => Promise<string | null>;
  /** As observed a moment ago; asked for when it is not known, and waited for a little. Null: it can't be had now. */
  readonly lastPrice: (exchange: ExchangeId, symbol: string) => Promise<DecimalString | null>;
  /** The open orders of an account, asked for where they are older than it wants them. */
  readonly freshOrders: PreTrade['freshOrders'];
  /** What accounts own. */
  readonly fundsBook: FundsBook;
  readonly clock: { now(): Date; iso(): string };
  readonly newId: () => string;
  /** Where crash tests kill this process, by client order id; does nothing in operation. */
  readonly crashPoint: CrashPoint;
  /** How a command waits for what others have to do for it. Left out: it does not wait. */
  readonly pause?: (ms: number) => Promise<void>;
}

/** Markets as the sync-worker has written them, held for a short time. */
export interface MarketDirectory {
  find(exchange: ExchangeId, symbol: string): Promise<Market | null>;
  /** True when the exchange's markets have been read at all. */
  known(exchange: ExchangeId): Promise<boolean>;
}

export const accepted = (...orderIds: string[]): CommandResult => ({ orderIds, userErrors: [] });
export const refused = (...userErrors: UserError[]): CommandResult => ({ orderIds: [], userErrors });
export const userError = (code: UserError['code'], message: string, ...path: string[]): UserError => ({
  code,
  message,
  field: path.length === 0 ? null : ['input', ...path],
});
