import { builtinModules } from 'node:module';
import { basename, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, packageOf, readPackage, readWorkspaces } from './workspaces.ts';
import type { SourceFile, Workspace } from './workspaces.ts';

/**
 * Dependencies point one way: apps → recorder → adapters → pure packages. A member of a layer imports lower layers only;
 * pure packages may also import each other, without cycles. `infra/local` and `test` stand outside: they run the apps.
 */
const LAYERS: Readonly<Record<string, number>> = {
  domain: 0,
  'state-machine': 0,
  normalization: 0,
  planner: 0,
  queues: 1,
  store: 1,
  exchange: 1,
  'service-kit': 1,
  // For users of the service: knows nothing of the packages that make it.
  client: 1,
  // The one use of store, exchange and planner that several apps share.
  recorder: 2,
  'order-command': 3,
  gateway: 3,
  reconciler: 3,
  'sync-worker': 3,
  'venue-simulator': 3,
  cli: 3,
  'example-grid': 3,
  local: 4,
  test: 5,
};
const PURE = 0;
const APPS = 3;
/** What pure packages may use from outside: exact numbers and schemas, no I/O. */
const PURE_LIBRARIES = new Set(['decimal.js', 'zod']);
/** Imported by code that is generated, which the scan leaves out. */
const USED_BY_GENERATED: Readonly<Record<string, readonly string[]>> = { store: ['@prisma/client'] };

const workspaces = readWorkspaces();
const rootPackage = readPackage(ROOT);
/** Tools and test libraries that the root provides for every workspace's tests. */
const forTests = new Set([...Object.keys(rootPackage.devDependencies), ...Object.keys(rootPackage.dependencies)]);
const internal = (specifier: string): string | null => {
  const name = packageOf(specifier);
  return name?.startsWith('@orderplane/') === true ? name.slice('@orderplane/'.length) : null;
};

function violations(
  workspace: Workspace,
  isWrong: (specifier: string, file: SourceFile) => boolean,
): readonly string[] {
  return workspace.files.flatMap((file) =>
    file.imports
      .filter((specifier) => isWrong(specifier, file))
      .map((specifier) => `${file.path} imports ${specifier}`),
  );
}

test('every workspace has its layer', () => {
  expect(workspaces.map(({ name }) => name).sort()).toEqual(Object.keys(LAYERS).sort());
});

describe.each(workspaces.map((workspace) => [workspace.name, workspace] as const))('%s', (name, workspace) => {
  const layer = LAYERS[name] ?? -1;

  test('imports lower layers only', () => {
    const wrong = violations(workspace, (specifier) => {
      const target = internal(specifier);
      if (target === null || target === name) return false;
      const below = LAYERS[target] ?? Infinity;
      return layer === PURE ? below !== PURE : below >= layer;
    });
    expect(wrong).toEqual([]);
  });

  test('is entered by others through its exports only, and reaches into nobody', () => {
    const wrong = violations(workspace, (specifier, file) => {
      if (!specifier.startsWith('.')) return false;
      // The root's commands lie in infra/local; some of them hand over to what lies in test/.
      if (name === 'local' && specifier.startsWith('../../test/')) return false;
      // A workspace's test settings stand on the shared ones.
      if (basename(file.path) === 'vitest.config.ts' && specifier === '../../vitest.config.ts') return false;
      return relative(workspace.directory, resolve(join(ROOT, file.path), '..', specifier)).startsWith('..');
    });
    expect(wrong).toEqual([]);
  });

  test.runIf(layer === APPS)('imports no other app', () => {
    const wrong = violations(
      workspace,
      (specifier) => LAYERS[internal(specifier) ?? ''] === APPS && internal(specifier) !== name,
    );
    expect(wrong).toEqual([]);
  });

  test.runIf(layer === PURE)('uses no library but exact numbers and schemas', () => {
    const wrong = violations(workspace, (specifier, file) => {
      if (file.isTest || specifier.startsWith('.')) return false;
      return internal(specifier) === null && !PURE_LIBRARIES.has(packageOf(specifier) ?? specifier);
    });
    expect(wrong).toEqual([]);
  });

  test('declares what it imports, and imports what it declares', () => {
    const declared = new Set([...workspace.dependencies, ...workspace.devDependencies]);
    const undeclared = violations(workspace, (specifier, file) => {
      const imported = packageOf(specifier);
      if (imported === null || builtinModules.includes(imported) || imported === `@orderplane/${name}`) return false;
      return !(file.isTest
        ? declared.has(imported) || forTests.has(imported)
        : workspace.dependencies.includes(imported));
    });
    expect(undeclared).toEqual([]);
    const imported = workspace.files.flatMap(({ imports }) => imports.map(packageOf));
    const used = new Set([...imported, ...(USED_BY_GENERATED[name] ?? [])]);
    expect([...declared].filter((dependency) => !used.has(dependency))).toEqual([]);
  });
});

test('pure packages form no cycle', () => {
  const edges = new Map(
    workspaces.map(({ name, files }) => [
      name,
      new Set(files.filter(({ isTest }) => !isTest).flatMap(({ imports }) => imports.map(internal))),
    ]),
  );
  const visit = (name: string, path: readonly string[]): readonly string[] => {
    if (path.includes(name)) return [[...path.slice(path.indexOf(name)), name].join(' → ')];
    return [...(edges.get(name) ?? [])].flatMap((next) =>
      next === null || next === name ? [] : visit(next, [...path, name]),
    );
  };
  expect(workspaces.flatMap(({ name }) => visit(name, []))).toEqual([]);
});
