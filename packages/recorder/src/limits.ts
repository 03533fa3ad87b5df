import type { PlannerLimits } from '@orderplane/planner';
import { z } from 'zod';

const Ms = z.coerce.number().int().min(100).max(86_400_000);

/** Variables of every service that writes order state; all in milliseconds. */
export const LIMITS_ENVIRONMENT = {
  STALE_AFTER_MS: Ms.default(60_000).describe('after how long without evidence an open order is looked up, ms'),
  ATTENTION_AFTER_MS: Ms.default(120_000).describe('after how long in doubt an order NEEDS_ATTENTION, ms'),
  CALL_TIMEOUT_MS: Ms.default(8_000).describe('the deadline of one call to an exchange, ms'),
};

export const limitsFrom = (env: {
  readonly STALE_AFTER_MS: number;
  readonly ATTENTION_AFTER_MS: number;
  readonly CALL_TIMEOUT_MS: number;
}): PlannerLimits => ({
  staleAfterMs: env.STALE_AFTER_MS,
  attentionAfterMs: env.ATTENTION_AFTER_MS,
  callTimeoutMs: env.CALL_TIMEOUT_MS,
});
