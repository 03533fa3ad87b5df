import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The served SDL: every *.graphql file of this folder, one per domain. */
export function loadTypeDefinitions(): string {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.graphql'));
  return files
    .sort()
    .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
    .join('\n');
}
