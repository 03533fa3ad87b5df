import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '@orderplane/local';

/** One PostgreSQL for all systems of the run (`npm test` gives its own); every system has its own database in it. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if ((process.env['ORDERPLANE_TEST_DATABASE_URL'] ?? '') !== '') return undefined;
  const home = await mkdtemp(join(tmpdir(), 'orderplane-e2e-servers-'));
  const servers = await startStack({ home, services: [], simulator: false, durable: false });
  process.env['ORDERPLANE_TEST_DATABASE_URL'] = servers.info.postgres;
  return async () => {
    await servers.stop();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
}
