import { onceFired, type OrderSpec } from '@orderplane/domain';
import type { Intent } from './contracts.ts';

/** The order as the exchange is to have it: of a dark order what it becomes when it fires. */
export const exchangeSpec = ({ mode, spec, trigger }: Pick<Intent, 'mode' | 'spec' | 'trigger'>): OrderSpec =>
  mode === 'DARK' ? onceFired(spec, trigger?.isOwnStop === true) : spec;
