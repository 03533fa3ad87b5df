import { compare, DEFAULT_DATA_AGE_SECONDS, type DecimalString, type RiskLimits } from '@orderplane/domain';
import type { RiskChange } from './contracts.ts';

/** Something is set that the writes of orders are held against. (A collar is not: it is judged before the write.) */
export const isLimited = ({
  maxOrderNotional,
  maxOpenNotional,
  maxOpenOrders,
  rejectDuplicates,
}: RiskLimits): boolean =>
  maxOrderNotional !== null || maxOpenNotional !== null || maxOpenOrders !== null || rejectDuplicates;

/** The same object when nothing changes. */
export function limitsAfter(before: RiskLimits, change: RiskChange): RiskLimits {
  const after = { ...before, ...change };
  const isSame =
    sameAmount(before.maxOrderNotional, after.maxOrderNotional) &&
    sameAmount(before.maxOpenNotional, after.maxOpenNotional) &&
    sameAmount(before.priceCollar, after.priceCollar) &&
    before.maxOpenOrders === after.maxOpenOrders &&
    before.rejectDuplicates === after.rejectDuplicates &&
    ageOf(before) === ageOf(after) &&
    (before.requireFreshData ?? false) === (after.requireFreshData ?? false);
  return isSame ? before : after;
}

const ageOf = ({ maxDataAgeSeconds }: RiskLimits): number => maxDataAgeSeconds ?? DEFAULT_DATA_AGE_SECONDS;
const sameAmount = (a: DecimalString | null, b: DecimalString | null): boolean =>
  a === null || b === null ? a === b : compare(a, b) === 0;
