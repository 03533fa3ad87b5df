import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExchangeId } from '@orderplane/domain';
import { z } from 'zod';

const AnswerSchema = z.strictObject({ status: z.number(), body: z.string() });
export const ANSWERS = [
  /** A refusal whose code is on no list of ours. */
  'unseen',
  /** The market is no longer traded. */
  'delisted',
  /** The market takes cancels only. */
  'cancelOnly',
  /** A cancel is refused, and the order lives. */
  'cancelRefused',
  /** A cancel meets no order. */
  'unknownOrder',
  /** The key may read and not trade. */
  'noPermission',
  /** A success that names no order. */
  'withoutId',
] as const;
export type AnswerName = (typeof ANSWERS)[number];

const ProfileSchema = z.strictObject({
  /** Cards that ask for what this exchange does not have, each with what it lacks. */
  notApplicable: z.record(z.string().regex(/^OP-\d\d$/), z.string().min(3)),
  /** The exchange's own words for situations that no fault of the simulator has. */
  answers: z.record(z.enum(ANSWERS), AnswerSchema),
  /** Markets in which not every kind of order is taken, with the reason: no card plays there. */
  avoids: z.record(z.string(), z.string()).optional(),
  /** Why an order ended that the dead man's switch has cancelled, where the exchange tells. */
  deadMan: z.string().optional(),
  /** Entries of one page of open orders and of executions, where they come in pages. */
  pages: z.strictObject({ openOrders: z.number().optional(), executions: z.number().optional() }).optional(),
});
export type Profile = z.infer<typeof ProfileSchema>;

const fileOf = (exchange: ExchangeId): string => join(import.meta.dirname, 'exchanges', `${exchange}.json`);

export const hasProfile = (exchange: ExchangeId): boolean => existsSync(fileOf(exchange));
export const profileOf = (exchange: ExchangeId): Profile =>
  ProfileSchema.parse(JSON.parse(readFileSync(fileOf(exchange), 'utf8')));
