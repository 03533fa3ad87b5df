import { readFile } from 'node:fs/promises';
import { parse } from 'graphql';
import { z } from 'zod';
import { ConfigurationError } from '@orderplane/service-kit';
import { LIMITS } from '../limits/limits.ts';
import { documentId } from './documents.ts';

/** Apollo's format (`generate-persisted-query-manifest`), or a plain object of ids and texts (graphql-codegen). */
const ManifestSchema = z.union([
  z
    .object({
      format: z.literal('apollo-persisted-query-manifest'),
      version: z.literal(1),
      operations: z.array(z.object({ id: z.string(), body: z.string() })),
    })
    .transform(({ operations }) => operations.map(({ id, body }) => [id, body] as const)),
  z.record(z.string(), z.string()).transform((documents) => Object.entries(documents)),
]);

/** Documents by their ids. Throws ConfigurationError: nothing is served with a manifest that is wrong anywhere. */
export async function readManifest(path: string): Promise<ReadonlyMap<string, string>> {
  const wrong = (what: string): ConfigurationError => new ConfigurationError([`DOCUMENTS_MANIFEST: ${path} ${what}`]);
  let entries: readonly (readonly [string, string])[];
  try {
    entries = ManifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const isThere = !(cause instanceof Error && 'code' in cause);
    throw wrong(
      isThere ? 'is not a manifest of documents: an object {"<sha256 of the text>": "<text>"}' : 'can not be read',
    );
  }
  const texts = new Map(entries.map(([id, text]) => [id.replace(/^sha256:/, ''), text]));
  for (const [id, text] of texts) {
    if (documentId(text) !== id) throw wrong(`has a document whose SHA-256 is not its id "${id.slice(0, 64)}"`);
    try {
      parse(text, { maxTokens: LIMITS.tokens });
    } catch {
      throw wrong(`has a document that can not be read: ${id}`);
    }
  }
  return texts;
}
