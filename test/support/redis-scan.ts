import { Redis } from 'ioredis';

/** Everything that a Redis holds: every key with what is in it, by its type. */
export async function everythingIn(redis: Redis): Promise<string> {
  const parts: string[] = [];
  for (let cursor = '0'; ;) {
    const [next, keys] = await redis.scan(cursor, 'COUNT', 1_000);
    for (const key of keys) parts.push(key, JSON.stringify(await contentOf(redis, key)));
    cursor = next;
    if (cursor === '0') return parts.join('\n');
  }
}

async function contentOf(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  switch (type) {
    case 'string':
      return redis.get(key);
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.zrange(key, 0, -1, 'WITHSCORES');
    case 'stream':
      return redis.xrange(key, '-', '+');
    case 'none':
      return null;
    default:
      throw new Error(`${key} is a ${type}: nobody here can read that`);
  }
}

export interface Wiretap {
  /** All commands since it was opened, with their arguments. */
  heard(): string;
  close(): void;
}

/** Hears every command that reaches a Redis, so that what is gone again is seen too. */
export async function wiretap(url: string): Promise<Wiretap> {
  const redis = new Redis(url);
  const monitor = await redis.monitor();
  const lines: string[] = [];
  monitor.on('monitor', (_time: string, args: readonly string[]) => lines.push(args.join(' ')));
  return {
    heard: () => lines.join('\n'),
    close: () => {
      monitor.disconnect();
      redis.disconnect();
    },
  };
}
