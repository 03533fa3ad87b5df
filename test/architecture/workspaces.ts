import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { z } from 'zod';

export const ROOT = join(import.meta.dirname, '..', '..');
const SKIPPED = new Set(['node_modules', '.git', '.turbo', '.orderplane', 'generated', 'coverage', 'dist']);

/** Files below a directory, without what is installed or generated. */
export function filesBelow(directory: string, pattern: RegExp): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : filesBelow(path, pattern);
    return pattern.test(entry.name) && !entry.name.includes('.generated.') ? [path] : [];
  });
}

export interface SourceFile {
  /** Relative to the root of the checkout. */
  readonly path: string;
  readonly isTest: boolean;
  /** As written: "./x.ts", "node:fs", "@orderplane/store", "zod". Type-only imports too. */
  readonly imports: readonly string[];
}

export interface Workspace {
  /** Without the scope, e.g. "store". */
  readonly name: string;
  readonly directory: string;
  readonly files: readonly SourceFile[];
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

const PackageSchema = z.object({
  name: z.string(),
  workspaces: z.array(z.string()).default([]),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});
export const readPackage = (directory: string): z.infer<typeof PackageSchema> =>
  PackageSchema.parse(JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')));

function readSource(path: string, isTest: boolean): SourceFile {
  const { importedFiles } = ts.preProcessFile(readFileSync(path, 'utf8'), true, true);
  return { path: relative(ROOT, path), isTest, imports: importedFiles.map(({ fileName }) => fileName) };
}

/** Files that only tests use. */
const isTestFile = (path: string): boolean => /\.(test|config)\.ts$|\/testing(\/|\.ts$)|\/scripts\//.test(path);

export function readWorkspaces(): readonly Workspace[] {
  const directories = readPackage(ROOT).workspaces.flatMap((pattern) =>
    pattern.endsWith('/*')
      ? readdirSync(join(ROOT, dirname(pattern))).map((name) => join(ROOT, dirname(pattern), name))
      : [join(ROOT, pattern)],
  );
  return directories.map((directory) => {
    const { name, dependencies, devDependencies } = readPackage(directory);
    const isAllTests = relative(ROOT, directory) === 'test';
    return {
      name: name.replace('@orderplane/', ''),
      directory,
      files: filesBelow(directory, /\.(ts|mts|mjs|js|tsx)$/).map((path) =>
        readSource(path, isAllTests || isTestFile(path)),
      ),
      dependencies: Object.keys(dependencies),
      devDependencies: Object.keys(devDependencies),
    };
  });
}

/** "@orderplane/exchange/capabilities" → "@orderplane/exchange"; null for relative paths and Node's own modules. */
export function packageOf(specifier: string): string | null {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return null;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
