import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from './connection.ts';
import { EXIT } from './failure.ts';

let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'orderplane-cli-'));
});
afterAll(() => rm(home, { recursive: true }));

const RUN = {
  gateway: { http: 'http://127.0.0.1:4000/graphql', ws: 'ws://127.0.0.1:4000/graphql' },
  adminToken: 'admin',
  traderToken: 'trader',
  simulator: { admin: 'http://127.0.0.1:4900' },
  processes: [{ name: 'gateway', pid: 1 }],
  accounts: [{ id: 'a1', exchange: 'kraken', label: 'paper' }],
};
const write = (content: unknown) =>
  writeFile(join(home, 'run.json'), typeof content === 'string' ? content : JSON.stringify(content));

describe('where the gateway is', () => {
  it('reads run.json, with the token of the role', async () => {
    await write(RUN);
    expect(await connect(home, 'trader', {})).toMatchObject({ token: 'trader', ws: 'ws://127.0.0.1:4000/graphql' });
    expect(await connect(home, 'admin', {})).toMatchObject({ token: 'admin', run: { processes: [{ pid: 1 }] } });
    expect(await connect(null, 'trader', { ORDERPLANE_HOME: home })).toMatchObject({ token: 'trader' });
  });

  it('makes the socket address from the other', async () => {
    await write({ ...RUN, gateway: { http: 'https://host:1' } });
    expect(await connect(home, 'trader', {})).toMatchObject({
      http: 'https://host:1/graphql',
      ws: 'wss://host:1/graphql',
    });
  });

  it('takes the environment, unless a home is named', async () => {
    await write(RUN);
    const environment = { ORDERPLANE_URL: 'http://elsewhere:1/api', ORDERPLANE_TOKEN: 't' };
    expect(await connect(null, 'trader', environment)).toMatchObject({
      http: 'http://elsewhere:1/api',
      token: 't',
      run: null,
    });
    expect(await connect(home, 'trader', environment)).toMatchObject({ http: 'http://127.0.0.1:4000/graphql' });
  });

  it.each([
    [{ ORDERPLANE_URL: 'http://x' }, EXIT.usage, /ORDERPLANE_TOKEN is not/],
    [{ ORDERPLANE_URL: 'not an address', ORDERPLANE_TOKEN: 't' }, EXIT.usage, /is not an address/],
    [{ ORDERPLANE_HOME: '/nowhere/at/all' }, EXIT.unreachable, /npm start/],
  ])('%j fails with code %i', async (environment, exitCode, message) => {
    await expect(connect(null, 'trader', environment)).rejects.toMatchObject({
      exitCode,
      message: expect.stringMatching(message) as string,
    });
  });

  it.each(['', '{}', 'junk'])('refuses the run file %j', async (content) => {
    await write(content);
    await expect(connect(home, 'trader', {})).rejects.toMatchObject({ exitCode: EXIT.failed });
  });
});
