import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXCHANGE_IDS } from '@orderplane/domain';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EXIT } from '../bootstrap/failure.mjs';
import { openHome } from './home.ts';
import { demandPort, rememberedPorts } from './ports.ts';
import { loadSecrets } from './secrets.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orderplane-home-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a home serves one runner at a time; a dead one does not block', async () => {
  const home = await openHome(directory);
  await expect(openHome(directory)).rejects.toMatchObject({
    exitCode: EXIT.busy,
    message: expect.stringContaining(`process ${process.pid}`) as string,
  });
  await home.release();
  writeFileSync(join(directory, 'lock'), JSON.stringify({ pid: process.pid, identity: 'an earlier process' }));
  await (await openHome(directory)).release();
});

test('a home that is a file is said so', async () => {
  const file = join(directory, 'file');
  writeFileSync(file, '');
  await expect(openHome(file)).rejects.toMatchObject({ exitCode: EXIT.cannotCreate });
});

test('secrets are drawn once, kept private, and never replaced when damaged', async () => {
  const file = join(directory, 'secrets.json');
  const first = await loadSecrets(file);
  expect(await loadSecrets(file)).toEqual(first);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(first.accounts.map(({ exchange }) => exchange)).toEqual([...EXCHANGE_IDS]);
  writeFileSync(file, JSON.stringify({ ...first, accounts: first.accounts.slice(1) }));
  const completed = await loadSecrets(file);
  expect(new Set(completed.accounts.map(({ exchange }) => exchange))).toEqual(new Set(EXCHANGE_IDS));
  expect(await loadSecrets(file)).toEqual(completed);
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 40));
  await expect(loadSecrets(file)).rejects.toMatchObject({ exitCode: EXIT.configuration });
});

test('a taken port is named with the flag that changes it; remembered ports stay unless taken', async () => {
  const file = join(directory, 'ports.json');
  const ports = await rememberedPorts(file, ['redis', 'postgres']);
  expect(await rememberedPorts(file, ['redis', 'postgres'])).toEqual(ports);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(ports.redis, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await expect(demandPort(port)).rejects.toMatchObject({
    exitCode: EXIT.busy,
    message: expect.stringContaining(`Port ${port} is in use`) as string,
    todo: [expect.stringContaining('--port') as string],
  });
  const next = await rememberedPorts(file, ['redis', 'postgres']);
  expect(next.postgres).toBe(ports.postgres);
  expect(next.redis).not.toBe(ports.redis);
  await new Promise((resolve) => server.close(resolve));
  await expect(demandPort(port)).resolves.toBeUndefined();
});
