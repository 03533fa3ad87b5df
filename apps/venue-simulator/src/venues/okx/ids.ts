/** OKX's ids are long numbers that grow with time. Every family has a range of its own, so that ids never collide. */
const ORDERS = 3_100_000_000_000_000_000n;
const TRIGGERED = 3_200_000_000_000_000_000n;
const BILLS = 3_300_000_000_000_000_000n;
const TRADES = 900_000_000;

/** Plain orders and algo orders. */
export const orderIdOf = (number: number): string => String(ORDERS + BigInt(number));
/** The order that an algo order places when it triggers. */
export const triggeredIdOf = (number: number): string => String(TRIGGERED + BigInt(number));
export const tradeIdOf = (number: number): string => String(TRADES + number);
export const billIdOf = (number: number): string => String(BILLS + BigInt(number));

/** The number behind an id, for pages; null for what is none of ours. */
export function numberOf(id: string): number | null {
  if (!/^\d{19}$/.test(id)) return null;
  const value = BigInt(id);
  for (const base of [BILLS, TRIGGERED, ORDERS]) if (value > base) return Number(value - base);
  return null;
}
