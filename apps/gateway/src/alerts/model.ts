import type { Alert } from '@orderplane/store';

/** `cursor` where it is one of `alertUpdates`. */
export interface AlertModel extends Alert {
  readonly cursor?: string;
}

/** One page of a list of alerts. */
export interface AlertPage {
  readonly entries: readonly { readonly cursor: string; readonly alert: Alert }[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
  /** Of `alertUpdates`: not after any change that the page does not show. */
  readonly updatesCursor: string;
}
