// Writes a manifest of persisted documents: `node apps/gateway/scripts/persist.ts DIRECTORY… > manifest.json`. Every
// *.graphql file below is one document; its id is the SHA-256 of its text, byte for byte as clients must send it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'graphql';
import { documentId } from '../src/documents/documents.ts';

const files = process.argv.slice(2).flatMap((directory) =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.graphql'))
    .map((name) => join(directory, name)),
);
const documents = files.sort().map((file) => {
  const text = readFileSync(file, 'utf8').trim();
  parse(text);
  return [documentId(text), text] as const;
});
process.stdout.write(`${JSON.stringify(Object.fromEntries(documents), null, 2)}\n`);
