import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { whyInstall } from './install.mjs';

let root = '';
const put = (path: string, content: unknown): void => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
};
const WANTED = {
  packages: {
    '': { version: '0.1.0' },
    'apps/gateway': { version: '0.1.0' },
    'node_modules/@x/gateway': { link: true },
    'node_modules/zod': { version: '4.0.0', integrity: 'sha512-a' },
    'node_modules/other-platform': { version: '1.0.0', optional: true },
  },
};
const installed = (zod: object): object => ({ packages: { 'node_modules/zod': zod } });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'orderplane-install-'));
  put('package-lock.json', WANTED);
  put('node_modules/@x/gateway/package.json', '{}');
  put('node_modules/zod/package.json', '{}');
});
afterEach(() => rmSync(root, { recursive: true }));

test('nothing to do when npm recorded what the lock file wants; packages for other machines may lack', () => {
  put('node_modules/.package-lock.json', installed({ version: '4.0.0', integrity: 'sha512-a' }));
  expect(whyInstall(root)).toBeNull();
});

test.each([
  ['an interrupted install (npm writes its record last)', () => undefined, 'not installed yet'],
  ['a damaged record', () => put('node_modules/.package-lock.json', '{"pack'), 'the last install did not finish'],
  [
    'another version',
    () => put('node_modules/.package-lock.json', installed({ version: '3.9.0', integrity: 'sha512-b' })),
    'node_modules/zod changed',
  ],
  [
    'a removed directory',
    () => {
      put('node_modules/.package-lock.json', installed({ version: '4.0.0', integrity: 'sha512-a' }));
      rmSync(join(root, 'node_modules/zod'), { recursive: true });
    },
    'node_modules/zod was removed',
  ],
  [
    'a new workspace',
    () => {
      put('node_modules/.package-lock.json', installed({ version: '4.0.0', integrity: 'sha512-a' }));
      rmSync(join(root, 'node_modules/@x'), { recursive: true });
    },
    'node_modules/@x/gateway is missing',
  ],
])('installs after %s', (_name, prepare, reason) => {
  prepare();
  expect(whyInstall(root)).toBe(reason);
});
