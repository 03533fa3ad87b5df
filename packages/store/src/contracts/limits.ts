import type { LimitRefusal, RiskLimits } from '@orderplane/domain';
import type { Account } from './access.ts';

export type { LimitRefusal } from '@orderplane/domain';

/** Left out: stays as it is. */
export type RiskChange = Partial<RiskLimits>;

export type LimitsSetting =
  /** `again`: nothing has changed by it. */
  | { readonly kind: 'set'; readonly account: Account; readonly again: boolean }
  /** Also for an unlinked account. */
  | { readonly kind: 'notFound' };

/** The account's limits forbid what was to be written; nothing was. */
export class LimitExceededError extends Error {
  readonly orderId: string;
  readonly refusal: LimitRefusal;
  constructor(orderId: string, refusal: LimitRefusal) {
    super(`order ${orderId} exceeds ${refusal.kind}`);
    this.name = 'LimitExceededError';
    this.orderId = orderId;
    this.refusal = refusal;
  }
}
