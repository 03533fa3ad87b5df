import { z } from 'zod';

/** Seals what jobs carry, for who holds the key. Bound to a place: elsewhere it does not open. */
export interface JobSeal {
  seal(boundTo: string, text: string): string;
  open(boundTo: string, sealed: string): string;
}

const SealedSchema = z.strictObject({ sealed: z.string() });

export const dataPlace = (queue: string): string => `jobs.${queue}`;
export const resultPlace = (queue: string, jobId: string): string => `results.${queue}:${jobId}`;

/** As it lies in Redis; as it is where nobody seals. */
export const sealed = (seal: JobSeal | undefined, place: string, value: unknown): unknown =>
  seal === undefined ? value : { sealed: seal.seal(place, JSON.stringify(value)) };

export const isSealedJob = (value: unknown): boolean => SealedSchema.safeParse(value).success;

/** What it was before it was sealed; what is not sealed comes as it is. Throws what does not open. */
export function unsealed(seal: JobSeal | undefined, place: string, value: unknown): unknown {
  const parsed = SealedSchema.safeParse(value);
  if (!parsed.success) return value;
  if (seal === undefined) throw new Error(`${place} is sealed, and this process has no key for it`);
  return JSON.parse(seal.open(place, parsed.data.sealed));
}
