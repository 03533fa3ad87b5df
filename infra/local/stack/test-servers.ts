import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHome } from './home.ts';
import { LogFiles } from './log-files.ts';
import { rememberedPorts } from './ports.ts';
import { preparePostgres } from './postgres.ts';
import { findRedis } from './redis-binary.ts';
import { prepareRedis } from './redis.ts';
import { loadSecrets } from './secrets.ts';
import { cacheDirectory } from './servers.ts';
import { Supervisor } from './supervisor.ts';

export interface TestServers {
  /** Its user may create databases. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
  stop(): Promise<void>;
}

/** PostgreSQL and Redis for tests, in a temporary directory, not safe against a power cut, gone without a trace at stop. */
export async function startTestServers(): Promise<TestServers> {
  const home = await openHome(await mkdtemp(join(tmpdir(), 'orderplane-test-')));
  const logs = new LogFiles(home.logs);
  const supervisor = new Supervisor(logs, () => undefined);
  const stop = async (): Promise<void> => {
    await supervisor.stopHard();
    logs.close();
    await rm(home.path, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const secrets = await loadSecrets(home.secretsFile);
    const ports = await rememberedPorts(home.portsFile, ['postgres', 'redis']);
    const [postgres, redis] = await Promise.all([
      preparePostgres(home, ports.postgres, secrets.postgresPassword, false),
      findRedis(cacheDirectory()).then((binary) => prepareRedis(home, ports.redis, secrets.redisPassword, binary)),
    ]);
    await Promise.all([supervisor.start(postgres.spec), supervisor.start(redis.spec)]);
    return { databaseUrl: postgres.url, redisUrl: redis.url, stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}
