import type { Alert, AlertChange } from './contracts.ts';

/** What happened to an alert, as lines of its account: armed, then, perhaps, its end. */
export function changesOf(alert: Alert, armedPosition: bigint, endedPosition: bigint | null): readonly AlertChange[] {
  const armed: Alert = { ...alert, status: 'ARMED', updatedAt: alert.createdAt, fired: null };
  const first = { position: armedPosition, alert: armed };
  return endedPosition === null ? [first] : [first, { position: endedPosition, alert }];
}

export const byPosition = (a: AlertChange, b: AlertChange): number =>
  a.position < b.position ? -1 : a.position > b.position ? 1 : 0;
