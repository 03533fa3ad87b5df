import { expect, test } from 'vitest';
import { EXIT } from './failure.mjs';
import { failureOf } from './npm.mjs';

const REGISTRY = 'https://registry.example/';

test.each([
  ['ENOTFOUND', 'npm error code ENOTFOUND\nnpm error network request to https://x failed', EXIT.unavailable, REGISTRY],
  ['a dead proxy', 'npm error code ECONNREFUSED', EXIT.unavailable, 'HTTPS_PROXY'],
  ['a company certificate', 'npm error code SELF_SIGNED_CERT_IN_CHAIN', EXIT.unavailable, 'NODE_EXTRA_CA_CERTS'],
  ['a full disk', 'npm error code ENOSPC\nnpm error nospc no space left', EXIT.diskFull, 'Free'],
  ['no permission', "npm error EACCES: permission denied, mkdir '/root/.npm/_cacache'", EXIT.permission, '/root/.npm'],
  ['an altered package', 'npm error code EINTEGRITY', EXIT.failed, 'npm cache clean'],
  ['anything else', 'npm error something odd', EXIT.failed, 'something odd'],
])('%s is said in plain words', (_name, output, exitCode, mentioned) => {
  const failure = failureOf(output, REGISTRY);
  expect(failure.exitCode).toBe(exitCode);
  expect(`${failure.message} ${failure.todo.join(' ')}`).toContain(mentioned);
  expect(failure.todo.length).toBeGreaterThan(0);
});
