import { startTestServer } from './postgres.ts';

/** One server for the whole run; every test file makes its own database in it. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['ORDERPLANE_TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') return undefined;
  const server = await startTestServer();
  process.env['ORDERPLANE_TEST_DATABASE_URL'] = server.url;
  return () => server.stop();
}
