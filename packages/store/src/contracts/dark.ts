import type { DecimalString, ExchangeId, TriggerDirection, TriggerSource } from '@orderplane/domain';
import type { PriceNeed } from './alerts.ts';

/** What a dark order waits for. Part of its intent. */
export interface OrderTrigger {
  /** May be another market of the same exchange. */
  readonly symbol: string;
  readonly source: TriggerSource;
  readonly direction: TriggerDirection;
  readonly price: DecimalString;
  /** Raised by every change of the trigger, and by nothing else: a fire of an older version is void. */
  readonly version: number;
  /** Since when this version holds: prices from before do not count. */
  readonly armedAt: string;
  /** It is the order's own stop price: the order goes to the exchange without its stop. */
  readonly isOwnStop: boolean;
}

/** What made a trigger fire. */
export interface OrderFire {
  readonly price: DecimalString;
  /** When the price was, by the exchange where it tells. */
  readonly priceAt: string;
  /** When it was recorded, by our clock. */
  readonly at: string;
  /** The currency of which other orders of its group hold what it can't do without: they end before it is sent. Absent: none. */
  readonly takes?: string;
}

export interface ArmedOrder {
  readonly orderId: string;
  readonly exchange: ExchangeId;
  readonly trigger: OrderTrigger;
}

/** What is DARK_OPEN, by what it waits for. Firing is a commit of the order like any other. */
export interface DarkOrderStore {
  /** Markets that some dark order waits for. */
  needs(): Promise<readonly PriceNeed[]>;
  /** Dark orders that wait for a price of this market; `armedSince`: only those whose trigger was armed at or after it. */
  armed(exchange: ExchangeId, symbol: string, armedSince: string | null): Promise<readonly ArmedOrder[]>;
}
