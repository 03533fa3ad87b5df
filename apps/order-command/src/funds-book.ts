import { add, compare, multiply, subtract, sum, type DecimalString } from '@orderplane/domain';
import type { AccountFunds, FundsStore } from '@orderplane/store';
import { Claims } from './claims.ts';
import { openReadings, SKEW_MS, type ReadingsOptions } from './funds-readings.ts';

/** What an order takes of one asset. */
export interface Need {
  readonly accountId: string;
  readonly clientOrderId: string;
  /** It is what a change of this order takes more than the order does; not taken back by `release`. */
  readonly isChange: boolean;
  readonly asset: string;
  readonly amount: DecimalString;
}

export type Cover =
  | { readonly kind: 'covered'; readonly release: () => void }
  /** By a reading that was asked after the order had come. `reserved`: what other orders of the account need of it. */
  | { readonly kind: 'uncovered'; readonly free: DecimalString; readonly reserved: DecimalString }
  /** It looks uncovered, and the exchange can't be asked. */
  | { readonly kind: 'unknown'; readonly error: string };

/** What accounts own, as last read, and what orders that were accepted since will need of it. */
export interface FundsBook {
  cover(need: Need): Promise<Cover>;
  /** What is held of a contract. `sure`: read after this was asked for. Null: it is not known. */
  position(accountId: string, symbol: string, sure: boolean): Promise<DecimalString | null>;
}

/** While orders on their way make it doubtful, balances are read so often, and so far apart. */
const LOOKS = 6;
const LOOK_APART_MS = 150;

export interface FundsBookOptions extends ReadingsOptions {
  readonly funds: Pick<FundsStore, 'of' | 'reserved'>;
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Orders that together take less than half of what was free cost no question to anybody. Beyond that each is held against
 * the books, one order of an account after the other; and none is refused but on a reading that was asked after it had come,
 * for what was spent can be free again by then. A few orders and changes that other processes accept in the same moment are not seen:
 * those the exchange refuses itself.
 */
export function openFundsBook(options: FundsBookOptions): FundsBook {
  const { funds, now, pause } = options;
  const readings = openReadings(options);
  const lines = new Map<string, Promise<unknown>>();
  const claims = new Claims(now);

  const claim = (need: Need): Cover => ({ kind: 'covered', release: claims.add(need) });

  const judge = async (need: Need, cameAtMs: number): Promise<Cover> => {
    const { accountId, asset, amount, isChange } = need;
    // Of a changed order all counts that the exchange does not hold yet: what is needed comes on top of it.
    const own = isChange ? [] : [need.clientOrderId];
    const balance = async (reading: AccountFunds): Promise<Cover | 'open' | null> => {
      const free = freeOf(reading, asset);
      // Before the books are read: what is written meanwhile is in both, and counted here.
      const young = claims.young(accountId, asset, own);
      const changes = claims.changes(need, reading);
      const { sure, possible } = await funds.reserved(accountId, asset, reading, [...own, ...young.ids]);
      const reserved = sum([young.amount, changes.sure, sure]);
      if (compare(amount, subtract(free, sum([reserved, changes.possible, possible]))) <= 0) return claim(need);
      if (compare(amount, subtract(free, reserved)) <= 0) return 'open';
      return Date.parse(reading.askedAt) >= cameAtMs - SKEW_MS ? { kind: 'uncovered', free, reserved } : null;
    };
    const last = await readings.known(accountId);
    const first = last === null ? null : await balance(last);
    if (first !== null && first !== 'open') return first;
    let sinceMs = cameAtMs;
    for (let looks = 1; ; looks += 1) {
      const newer = await readings.since(accountId, sinceMs);
      if (typeof newer === 'string') return { kind: 'unknown', error: newer };
      const judged = await balance(newer);
      if (judged === null) return { kind: 'unknown', error: 'the reading is older than the order' };
      if (judged !== 'open') return judged;
      // Covered, unless an order that is on its way there was not counted by the exchange yet.
      if (looks === LOOKS) return claim(need);
      await pause(LOOK_APART_MS);
      sinceMs = now();
    }
  };
  const inLine = async (need: Need, cameAtMs: number): Promise<Cover> => {
    const before = lines.get(need.accountId) ?? Promise.resolve();
    const own = before.then(() => judge(need, cameAtMs));
    const settled = own.catch(() => undefined);
    lines.set(need.accountId, settled);
    try {
      return await own;
    } finally {
      if (lines.get(need.accountId) === settled) lines.delete(need.accountId);
    }
  };
  return {
    cover: async (need) => {
      const cameAtMs = now();
      const reading = await readings.known(need.accountId);
      if (reading !== null) {
        const taken = add(need.amount, claims.since(need.accountId, need.asset, Date.parse(reading.answeredAt)));
        if (compare(multiply(taken, '2'), freeOf(reading, need.asset)) <= 0) return claim(need);
      }
      return inLine(need, cameAtMs);
    },
    position: async (accountId, symbol, sure) => {
      const cameAtMs = now();
      const reading = (sure ? null : await readings.known(accountId)) ?? (await readings.since(accountId, cameAtMs));
      if (typeof reading === 'string') return null;
      return reading.positions.find((one) => one.symbol === symbol)?.size ?? '0';
    },
  };
}

const freeOf = (reading: AccountFunds, asset: string): DecimalString =>
  reading.balances.find((one) => one.asset === asset)?.free ?? '0';
