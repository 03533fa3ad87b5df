import type { AuditEntry } from '../contracts.ts';
import { storableText } from '../json.ts';

/** What callers sent may stand in it. */
export const storableEntry = (entry: AuditEntry): AuditEntry => ({
  ...entry,
  target: entry.target === null ? null : storableText(entry.target),
  outcome: storableText(entry.outcome),
  remote: entry.remote === null ? null : storableText(entry.remote),
});
