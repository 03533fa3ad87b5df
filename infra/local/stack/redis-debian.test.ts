import { expect, test } from 'vitest';
import { packageNames } from './redis-debian.ts';

test.each([
  ['libjemalloc.so.2', 'libjemalloc2'],
  ['liblzf.so.1', 'liblzf1'],
  ['libatomic.so.1', 'libatomic1'],
  ['libsystemd.so.0', 'libsystemd0'],
  ['libssl.so.3', 'libssl3'],
  ['libhiredis.so.0.14', 'libhiredis0.14'],
  ['liblua5.1.so.0', 'liblua5.1-0'],
])('%s is in Debian package %s', (library, name) => {
  expect(packageNames(library)).toEqual([name, `${name}t64`]);
});
