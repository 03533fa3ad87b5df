import type { Alert } from '@orderplane/store';

/** One page of a list of alerts. */
export interface AlertPage {
  readonly entries: readonly { readonly cursor: string; readonly alert: Alert }[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}
