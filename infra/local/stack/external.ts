import { EXIT, Failure } from '../bootstrap/failure.mjs';
import { onServer } from './postgres.ts';
import { pingRedis } from './redis.ts';

const hostOf = (url: string): string => {
  try {
    return new URL(url).host;
  } catch {
    throw new Failure(EXIT.configuration, 'DATABASE_URL or REDIS_URL is not an address.', [
      'They look like postgresql://user:password@host:5432/orderplane and redis://host:6379.',
    ]);
  }
};

const reasonOf = (cause: unknown): string => {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code ?? message.split('\n')[0] ?? 'unknown';
};

/** Throws a Failure that names the host, never the password, when the given server does not serve. */
export async function demandDatabase(url: string): Promise<void> {
  const host = hostOf(url);
  try {
    await onServer(url, (client) => client.query('SELECT 1'));
  } catch (cause) {
    throw new Failure(EXIT.unavailable, `The PostgreSQL of DATABASE_URL (${host}) can't be used: ${reasonOf(cause)}.`, [
      'Start it, correct DATABASE_URL, or unset it: then an embedded PostgreSQL is started.',
    ]);
  }
}

export async function demandRedis(url: string): Promise<void> {
  const host = hostOf(url);
  try {
    await pingRedis(url);
  } catch (cause) {
    throw new Failure(EXIT.unavailable, `The Redis of REDIS_URL (${host}) can't be used: ${reasonOf(cause)}.`, [
      'Start it, correct REDIS_URL, or unset it: then one is started here.',
    ]);
  }
}
