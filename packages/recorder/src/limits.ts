import type { PlannerLimits } from '@orderplane/planner';
import { z } from 'zod';

const Ms = z.coerce.number().int().min(100).max(86_400_000);

/** Variables of every service that writes order state; all in milliseconds. */
export const LIMITS_ENVIRONMENT = {
  STALE_AFTER_MS: Ms.default(60_000).describe('after how long without evidence an open order is looked up, ms'),
  ATTENTION_AFTER_MS: Ms.default(120_000).describe('after how long in doubt an order NEEDS_ATTENTION, ms'),
  CALL_TIMEOUT_MS: Ms.default(8_000).describe('the deadline of one call to an exchange, ms'),
  SUBMITTED_LIMIT_MS: Ms.optional().describe(
    'sent without a sign of life for this long: it is cancelled; unset: never, ms',
  ),
  PENDING_CANCEL_LIMIT_MS: Ms.optional().describe(
    'a cancel that the exchange took and has not carried out by then is sent again; unset: its deadline, ms',
  ),
  PENDING_REPLACE_LIMIT_MS: Ms.optional().describe(
    'a change that the exchange took and has not carried out by then is given up; unset: its deadline, ms',
  ),
};

/** The limits on the time in a state are left out where they are not set. */
export function limitsFrom(env: {
  readonly STALE_AFTER_MS: number;
  readonly ATTENTION_AFTER_MS: number;
  readonly CALL_TIMEOUT_MS: number;
  readonly SUBMITTED_LIMIT_MS?: number | undefined;
  readonly PENDING_CANCEL_LIMIT_MS?: number | undefined;
  readonly PENDING_REPLACE_LIMIT_MS?: number | undefined;
}): PlannerLimits {
  const { SUBMITTED_LIMIT_MS, PENDING_CANCEL_LIMIT_MS, PENDING_REPLACE_LIMIT_MS } = env;
  return {
    staleAfterMs: env.STALE_AFTER_MS,
    attentionAfterMs: env.ATTENTION_AFTER_MS,
    callTimeoutMs: env.CALL_TIMEOUT_MS,
    ...(SUBMITTED_LIMIT_MS === undefined ? {} : { submittedMs: SUBMITTED_LIMIT_MS }),
    ...(PENDING_CANCEL_LIMIT_MS === undefined ? {} : { pendingCancelMs: PENDING_CANCEL_LIMIT_MS }),
    ...(PENDING_REPLACE_LIMIT_MS === undefined ? {} : { pendingReplaceMs: PENDING_REPLACE_LIMIT_MS }),
  };
}
