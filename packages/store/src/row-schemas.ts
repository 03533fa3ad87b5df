import { ACCOUNT_MODES, ROLES } from '@orderplane/domain';
import { z } from 'zod';

export const AccountModeSchema = z.enum(ACCOUNT_MODES);
export const RoleSchema = z.enum(ROLES);

export const SyncReasonSchema = z.enum([
  'scheduled',
  'on-demand',
  'pre-trade',
  'stream-connected',
  'takeover',
  'forced',
]);

export const CoverageSchema = z.array(
  z.object({
    part: z.string(),
    askedAt: z.string(),
    complete: z.boolean(),
    from: z.string().nullable(),
    pages: z.number(),
    items: z.number(),
    error: z.string().nullable(),
  }),
);
export const BalancesSchema = z.array(z.object({ asset: z.string(), free: z.string(), held: z.string() }));
export const PositionsSchema = z.array(z.object({ symbol: z.string(), size: z.string() }));
export {
  AlertStatusSchema,
  SessionTransitionSchema,
  TriggerDirectionSchema,
  TriggerSourceSchema,
} from '@orderplane/domain';
export const CandidateKindSchema = z.enum(['link', 'rotate', 'session']);
export const WantedTransitionSchema = z.enum(['REFRESH', 'EXCHANGE', 'FORK']);
