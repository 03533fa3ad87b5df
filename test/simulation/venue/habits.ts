import type { ExchangeId } from '@orderplane/domain';

/** How an exchange behaves beyond its capability table, as far as it matters to a promise. */
export interface Habits {
  /**
   * What becomes of a second order under a client id: refused while the first is open, answered with the first for
   * ever, or simply taken.
   */
  readonly clientIds: 'uniqueWhileOpen' | 'unique' | 'notUnique';
  /** Executions are listed by market only: those of markets that nobody asks for stay unseen. */
  readonly fillsBySymbol: boolean;
  /** A cancel is answered with the order as it ended; otherwise with nothing but "taken". */
  readonly cancelTellsOrder: boolean;
  /** Its stream tells executions; otherwise only the sum of them. */
  readonly streamTellsFills: boolean;
  readonly streamTellsFees: boolean;
}

const USUAL: Habits = {
  clientIds: 'uniqueWhileOpen',
  fillsBySymbol: false,
  cancelTellsOrder: false,
  streamTellsFills: true,
  streamTellsFees: true,
};

export const HABITS: Readonly<Record<ExchangeId, Habits>> = {
  binance: { ...USUAL, fillsBySymbol: true, cancelTellsOrder: true },
  kraken: USUAL,
  // Answers a repeated id with the first order. Its order channel tells sums, no executions.
  coinbase: { ...USUAL, clientIds: 'unique', streamTellsFills: false },
  // One clientOid was accepted five times (Kucoin/kucoin-api-docs#468).
  kucoin: { ...USUAL, clientIds: 'notUnique', fillsBySymbol: true, streamTellsFees: false },
  // The scope of its ids is not documented: the worst is assumed.
  mexc: { ...USUAL, clientIds: 'notUnique', fillsBySymbol: true, cancelTellsOrder: true },
  okx: USUAL,
  // Labels are not unique at all.
  deribit: { ...USUAL, clientIds: 'notUnique' },
};
