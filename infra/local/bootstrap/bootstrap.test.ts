import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXIT, Failure, systemFailure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { checkPlatform } from './platform.mjs';

describe('the machine', () => {
  test.each([
    ['linux', 'x64', '2.36'],
    ['linux', 'arm64', '2.36'],
    ['darwin', 'arm64', null],
  ] as const)('%s-%s is fine', (platform, arch, glibc) => {
    expect(() => checkPlatform(platform, arch, glibc)).not.toThrow();
  });

  test.each([
    ['win32', 'x64', null, 'WSL'],
    ['linux', 'ia32', '2.36', 'x64 and arm64'],
    ['linux', 'x64', null, 'glibc'],
  ] as const)('%s-%s (glibc %s) is refused with advice', (platform, arch, glibc, mentioned) => {
    try {
      checkPlatform(platform, arch, glibc);
      expect.unreachable();
    } catch (cause) {
      expect(cause).toBeInstanceOf(Failure);
      const { exitCode, message, todo } = cause as Failure;
      expect(exitCode).toBe(EXIT.platform);
      expect(`${message} ${todo.join(' ')}`).toContain(mentioned);
    }
  });
});

test.each([
  ['ENOSPC', EXIT.diskFull],
  ['EACCES', EXIT.permission],
  ['EROFS', EXIT.permission],
  ['ENOTDIR', EXIT.cannotCreate],
])('%s of the system becomes exit code %i', (code, exitCode) => {
  expect(systemFailure(Object.assign(new Error('x'), { code }), 'writing')?.exitCode).toBe(exitCode);
});

describe('the lock', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'orderplane-lock-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('one after the other, also after a failure', async () => {
    const path = join(directory, 'sub', 'lock');
    const order: string[] = [];
    const failing = withLock(
      path,
      () => undefined,
      async () => {
        order.push('first');
        await new Promise((resolve) => setTimeout(resolve, 20));
        order.push('first ends');
        throw new Error('no');
      },
    );
    const second = withLock(
      path,
      () => order.push('second waits'),
      async () => order.push('second'),
    );
    await expect(failing).rejects.toThrow('no');
    await second;
    expect(order).toEqual(['first', 'second waits', 'first ends', 'second']);
  });

  test('that of a dead process is taken over', async () => {
    const path = join(directory, 'lock');
    writeFileSync(path, '4194305');
    await expect(
      withLock(
        path,
        () => expect.unreachable(),
        async () => 7,
      ),
    ).resolves.toBe(7);
  });
});
