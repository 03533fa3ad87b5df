import { currentLeg } from '@orderplane/state-machine';
import type { Rule, Written } from './facts.ts';

/**
 * What was believed must have been asked for and heard: a conclusion that happens to be true at the exchange is none. The
 * model's exchanges keep their deadlines, so that one look-up would be right every time; real ones are not so kind.
 */
export const PROOFS: readonly Rule<Written>[] = [
  {
    id: 'I25',
    says: 'absence is believed after two look-ups that were made, whole, after the deadline, and some time apart',
    check: ({ known, before, after, events }) => {
      const absent = events.find((event) => event.type === 'OrderAbsent');
      if (absent?.type !== 'OrderAbsent' || absent.evidence.kind !== 'provenAbsent') return null;
      const leg = before === null ? null : currentLeg(before.actual.machine);
      if (leg === null) return 'without a leg';
      const { visibilityDelayMs, absenceLookupGapMs } = known.venueOf(after).capabilities;
      const countsFromMs = Date.parse(leg.deadlineAt) + visibilityDelayMs;
      const { lookups } = absent.evidence;
      const invented = lookups.find((at) => !known.wasSoughtInVain(after.intent.accountId, leg.venueClientId, at));
      if (invented !== undefined) return `nobody has looked for it in vain at ${invented}`;
      const counted = lookups.map((at) => Date.parse(at)).filter((atMs) => atMs >= countsFromMs);
      const apartMs = Math.max(...counted) - Math.min(...counted);
      if (counted.length >= 2 && apartMs >= absenceLookupGapMs) return null;
      return `${counted.length} look-ups count, ${apartMs} ms apart`;
    },
  },
];
