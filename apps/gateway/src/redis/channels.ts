import type { Redis } from 'ioredis';
import type { Channels } from '../ports.ts';

type Listener = (message: string) => void;

/**
 * Pub/sub over one connection in subscriber mode. The client subscribes again by itself after a reconnect; what was
 * published meanwhile is lost, which is why nothing here is more than a hint.
 */
export function createRedisChannels(subscriber: Redis, onError: (error: Error) => void): Channels {
  const listeners = new Map<string, Set<Listener>>();
  const report = (cause: unknown): void => onError(cause instanceof Error ? cause : new Error(String(cause)));
  subscriber.on('message', (channel: string, message: string) => {
    for (const listener of listeners.get(channel) ?? []) listener(message);
  });
  return {
    listen: (channel, listener) => {
      const known = listeners.get(channel);
      const set = known ?? new Set<Listener>();
      set.add(listener);
      if (known === undefined) {
        listeners.set(channel, set);
        subscriber.subscribe(channel).catch(report);
      }
      return () => {
        set.delete(listener);
        if (set.size > 0 || listeners.get(channel) !== set) return;
        listeners.delete(channel);
        subscriber.unsubscribe(channel).catch(report);
      };
    },
  };
}
