import { PARTIAL_FILL_POLICIES, type ExchangeId } from '@orderplane/domain';
import type { Random } from './random.ts';
import { drawTerms, type ItemBody, type PlaceTerms } from './script.ts';

/** Orders of groups have numbers of their own, by which other items name them, beyond those of all items. */
export const memberNumber = (item: number, position: number): number => (position + 1) * 1_000_000 + item;

/** A group of orders that can rest, mostly of one market, and what its caller does with single ones afterwards. */
export function addGroups(
  random: Random,
  accounts: readonly ExchangeId[],
  endsMs: number,
  bodies: { readonly atMs: number; readonly body: ItemBody }[],
): void {
  const groups = random.chance(0.5) ? random.whole(1, Math.max(1, Math.round(endsMs / 40_000))) : 0;
  for (let made = 0; made < groups; made += 1) {
    const account = random.whole(0, accounts.length - 1);
    const exchange = accounts[account];
    if (exchange === undefined) continue;
    const first = restingTerms(random, exchange);
    const isOneMarket = random.chance(0.7);
    const others = Array.from({ length: random.whole(1, 3) }, () => {
      const terms = restingTerms(random, exchange);
      const symbol = isOneMarket ? first.symbol : terms.symbol;
      return { ...terms, symbol, sizeCents: random.chance(0.6) ? first.sizeCents : terms.sizeCents };
    });
    const members = [first, ...others];
    const atMs = random.whole(0, Math.round(endsMs * 0.85));
    const item = bodies.length;
    const onPartialFill = random.pick(PARTIAL_FILL_POLICIES);
    const repeatAfterMs = random.chance(0.3) ? random.whole(0, 12_000) : null;
    bodies.push({ atMs, body: { kind: 'placeGroup', account, onPartialFill, members, repeatAfterMs } });
    for (const position of members.keys()) {
      const of = memberNumber(item, position);
      const afterMs = random.whole(0, random.chance(0.5) ? 500 : 30_000);
      if (random.chance(0.1)) bodies.push({ atMs, body: { kind: 'cancel', of, afterMs } });
      // The price alone: what a change of the size means in a group is told by tests of its own.
      const priceShift = random.whole(-150, 150) || 7;
      if (random.chance(0.2))
        bodies.push({ atMs, body: { kind: 'modify', of, afterMs, sizeFactor: null, priceShift } });
    }
  }
}

function restingTerms(random: Random, exchange: ExchangeId): PlaceTerms {
  for (;;) {
    const terms = drawTerms(random, exchange);
    const rests = terms.type !== 'MARKET' && (terms.timeInForce === 'GTC' || terms.timeInForce === 'GTT');
    if (rests && !terms.postOnly) return terms;
  }
}
