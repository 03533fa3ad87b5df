import { z } from 'zod';
import type { Ports } from '../ports.ts';

/** What ended: one token, or every way in of a user. */
const RevocationSchema = z.union([z.strictObject({ tokenId: z.string() }), z.strictObject({ userId: z.string() })]);
export type Revocation = z.infer<typeof RevocationSchema>;

type Listener = (revocation: Revocation) => void;

export interface Revocations {
  listen(listener: Listener): () => void;
  /** Resolves when this process has acted on it and the others were told. Never rejects. */
  announce(revocation: Revocation): Promise<void>;
  close(): void;
}

/**
 * Tells every gateway at once that something signs nobody in any more. PostgreSQL says so already; this only shortens how
 * long others remember: without Redis it is the few seconds for which a token is remembered.
 */
export function createRevocations({ gateways, log }: Pick<Ports, 'gateways' | 'log'>): Revocations {
  const listeners = new Set<Listener>();
  const tell = (revocation: Revocation): void => listeners.forEach((listener) => listener(revocation));
  const close = gateways.listen((message) => {
    const parsed = RevocationSchema.safeParse(fromJson(message));
    if (parsed.success) tell(parsed.data);
  });
  return {
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    announce: async (revocation) => {
      tell(revocation);
      await gateways
        .tell(JSON.stringify(revocation))
        .catch((cause: unknown) => log.warn({ err: cause }, 'other gateways were not told of a revocation'));
    },
    close,
  };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
