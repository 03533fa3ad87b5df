import { createHash } from 'node:crypto';
import type { GraphQLError } from 'graphql';
import { z } from 'zod';
import { requestError } from '../server/errors.ts';

/** Documents that are known by their id: the SHA-256 of their text, in hex. */
export interface Documents {
  /** Nothing else is executed. */
  readonly isAllowList: boolean;
  readonly texts: ReadonlyMap<string, string>;
}

export const ANY_DOCUMENT: Documents = { isAllowList: false, texts: new Map() };

export const documentId = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What a request says of its document beside the text: an id. */
const NameSchema = z.object({
  /** "sha256:<hex>" (GraphQL over HTTP, persisted documents) or the hex alone. */
  documentId: z.string().nullish(),
  /** Apollo's automatic persisted queries. */
  extensions: z
    .looseObject({ persistedQuery: z.object({ version: z.literal(1), sha256Hash: z.string() }).nullish() })
    .nullish(),
});

/**
 * The text to execute; null: the request says nothing that is understood here, others judge it. An error when the id is
 * not known, or, with an allow-list, when the document is not on it.
 */
export function documentOf({ isAllowList, texts }: Documents, request: unknown): string | GraphQLError | null {
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    return isAllowList ? notAllowed() : null;
  const named = NameSchema.safeParse(request);
  if (!named.success)
    return requestError('DOCUMENT_UNKNOWN', 'documentId must be text, and a persistedQuery of version 1 with its hash');
  const { documentId: given, extensions } = named.data;
  const text = 'query' in request && typeof request.query === 'string' && request.query !== '' ? request.query : null;
  const id = given?.replace(/^sha256:/, '') ?? extensions?.persistedQuery?.sha256Hash ?? null;
  const known = texts.get(id ?? (isAllowList && text !== null ? documentId(text) : ''));
  if (known !== undefined)
    return text === null || text === known
      ? known
      : requestError('INVALID_INPUT', 'the document is another than its id says');
  if (isAllowList) return notAllowed();
  if (typeof given === 'string')
    return requestError('DOCUMENT_UNKNOWN', 'no document has this id: send its text, or have it added to the manifest');
  return null;
}

const notAllowed = (): GraphQLError =>
  requestError(
    'DOCUMENT_NOT_ALLOWED',
    'only documents of the manifest are executed here: send one of them, by its text or by "documentId": "sha256:…"',
  );
