import type { DecimalString, ExchangeId, TriggerDirection, TriggerSource } from '@orderplane/domain';

/** One price that somebody waits for. */
export interface Armed {
  /** Unique over everything that is armed; the same for every version. */
  readonly id: string;
  readonly exchange: ExchangeId;
  readonly symbol: string;
  readonly source: TriggerSource;
  readonly direction: TriggerDirection;
  readonly price: DecimalString;
  /** Raised by every change of the terms: a fire for another version is void. */
  readonly version: number;
  /** Since when these terms hold, by our clock: prices from before do not count. */
  readonly armedAt: string;
}

/** A price as the exchange told it. */
export interface Print {
  readonly price: DecimalString;
  readonly at: string;
}

/** What made a trigger fire. */
export interface Fired extends Print {
  readonly source: TriggerSource;
}

export interface Hit {
  readonly armed: Armed;
  readonly fired: Fired;
}
