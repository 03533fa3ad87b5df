import { compare } from '@orderplane/domain';
import type { OrderRecord } from '@orderplane/store';
import type { Arrived, Rule, Written } from './facts.ts';

const isReached = ({ intent: { trigger }, actual }: OrderRecord): boolean => {
  const price = actual.reconciliation.fired?.price;
  if (trigger === undefined || price === undefined) return false;
  const above = compare(price, trigger.price);
  return trigger.direction === 'AT_OR_ABOVE' ? above >= 0 : above <= 0;
};
const wasCleared = ({ actual: { machine, reconciliation } }: OrderRecord): boolean =>
  reconciliation.cleared === machine.darkVersion;

/** Checked at every write of an order. */
export const DARK_WRITTEN: readonly Rule<Written>[] = [
  {
    id: 'I30',
    says: 'a trigger fires once, at a price that it waits for, and only while it waits',
    check: ({ before, after, events }) => {
      if (!events.some(({ type }) => type === 'Triggered')) return null;
      if (before?.actual.machine.life !== 'DARK_OPEN') return `it fires in ${before?.actual.machine.life ?? 'birth'}`;
      if (before.actual.reconciliation.fired !== undefined) return 'it has fired before';
      return isReached(after)
        ? null
        : `${JSON.stringify(after.intent.trigger)} fires at ${JSON.stringify(after.actual.reconciliation.fired)}`;
    },
  },
  {
    id: 'I31',
    says: 'what was held here is sent only when it has fired and was checked as it is sent',
    check: ({ before, after, events }) => {
      if (after.intent.mode !== 'DARK' || !events.some(({ type }) => type === 'SubmitSent')) return null;
      const isAgain = (before?.actual.machine.legs.length ?? 0) > 0;
      if (isAgain) return null;
      if (before?.actual.machine.life !== 'TRIGGERED')
        return `it is sent from ${before?.actual.machine.life ?? 'birth'}`;
      return wasCleared(before) ? null : 'it was not checked';
    },
  },
];

/** Checked when a request reaches an exchange. */
export const DARK_ARRIVED: readonly Rule<Arrived>[] = [
  {
    id: 'I32',
    says: 'an exchange learns nothing of a dark order before its price',
    check: ({ op, owner }) => {
      if (owner?.intent.mode !== 'DARK') return null;
      return isReached(owner) ? null : `${op} of what waits for ${owner.intent.trigger?.price ?? '?'}`;
    },
  },
];
