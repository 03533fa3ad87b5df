import { ExchangeIdSchema, type ExchangeId } from '@orderplane/domain';
import type { Redis } from 'ioredis';
import { z } from 'zod';

/** Redis pub/sub about alerts. Wake-ups only: whoever hears one reads PostgreSQL, and looks there now and then anyway. */

/** An alert of the account was armed, fired or cancelled. */
export const alertChannel = (accountId: string): string => `orderplane:alerts:${accountId}`;
/** Somebody waits for a price of a market, or for another one. */
export const ARMED_CHANNEL = 'orderplane:armed';

const ArmedSchema = z.object({ exchange: ExchangeIdSchema, symbol: z.string().min(1).max(40) });
export type ArmedMessage = z.infer<typeof ArmedSchema>;

/** Null for text that is no such message. */
export function parseArmed(message: string): ArmedMessage | null {
  try {
    return ArmedSchema.parse(JSON.parse(message));
  } catch {
    return null;
  }
}

export interface AlertBell {
  /** Tells who follows the account. Never throws, never waits. */
  changed(accountId: string): void;
  /** Tells who watches prices. Never throws, never waits. */
  armed(exchange: ExchangeId, symbol: string): void;
}

export function createAlertBell(redis: Redis, onError: (error: unknown) => void): AlertBell {
  const publish = (channel: string, message: string): void => void redis.publish(channel, message).catch(onError);
  return {
    changed: (accountId) => publish(alertChannel(accountId), ''),
    armed: (exchange, symbol) => publish(ARMED_CHANNEL, JSON.stringify({ exchange, symbol })),
  };
}
