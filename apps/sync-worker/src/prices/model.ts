import type { ExchangeId } from '@orderplane/domain';
import type { Armed, Fired } from '@orderplane/planner';
import type { PriceNeed } from '@orderplane/store';

/** Something that waits for prices: alerts now, anything else that fires at a price later. */
export interface TriggerConsumer {
  /** Stands before the ids of what it arms, so that those of two consumers never meet. */
  readonly name: string;
  /** Every market that it waits for, from the durable truth. */
  needs(): Promise<readonly PriceNeed[]>;
  /** What is armed in a market; `since`: only what was armed at or after that instant, by our clock. */
  armed(exchange: ExchangeId, symbol: string, since: string | null): Promise<readonly Armed[]>;
  /**
   * Resolves when it is durably recorded that the trigger has fired, or that it is armed no more. Called again until it
   * does, by another process too: the record is a compare-and-swap.
   */
  fire(armed: Armed, fired: Fired): Promise<void>;
}

export const priceKey = (exchange: ExchangeId, symbol: string): string => `${exchange}:${symbol}`;
/** Who holds it watches the price of the market for all processes. */
export const leaseName = (key: string): string => `ticker:${key}`;
