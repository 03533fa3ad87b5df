import { EnvironmentSchema as cli } from '@orderplane/cli/environment';
import { EnvironmentSchema as gateway } from '@orderplane/gateway/environment';
import { EnvironmentSchema as orderCommand } from '@orderplane/order-command/environment';
import { EnvironmentSchema as reconciler } from '@orderplane/reconciler/environment';
import { EnvironmentSchema as syncWorker } from '@orderplane/sync-worker/environment';
import { EnvironmentSchema as simulator } from '@orderplane/venue-simulator/environment';
import { z } from 'zod';

/** Who reads its environment, and how. */
const READERS: Readonly<Record<string, z.ZodObject>> = {
  gateway,
  'order-command': orderCommand,
  reconciler,
  'sync-worker': syncWorker,
  'venue-simulator': simulator,
  cli,
};
const SERVICES = ['gateway', 'order-command', 'reconciler', 'sync-worker'];

/** Variable, who reads it, default, meaning: one row for each variable and meaning, as docs/operations.md shows them. */
export function environmentTable(): readonly (readonly [string, string, string, string])[] {
  const rows = new Map<string, { name: string; readers: string[]; fallback: string; meaning: string }>();
  for (const [reader, schema] of Object.entries(READERS)) {
    for (const [name, field] of Object.entries(schema.shape)) {
      if (!(field instanceof z.ZodType)) continue;
      const fallback = fallbackOf(field);
      const meaning = (field.description ?? '').replaceAll('|', '\\|');
      const key = `${name} ${fallback}`;
      const row = rows.get(key) ?? { name, readers: [], fallback, meaning };
      row.readers.push(reader);
      rows.set(key, row);
    }
  }
  return [...rows.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, readers, fallback, meaning }) => [`\`${name}\``, readersOf(readers), fallback, meaning]);
}

const readersOf = (readers: readonly string[]): string => {
  const others = readers.filter((reader) => !SERVICES.includes(reader));
  const isEvery = SERVICES.every((service) => readers.includes(service));
  return [...(isEvery ? ['services'] : readers.filter((reader) => SERVICES.includes(reader))), ...others].join(', ');
};

function fallbackOf(field: z.ZodType): string {
  const absent = field.safeParse(undefined);
  if (!absent.success) return 'required';
  if (absent.data === undefined) return 'unset';
  const { data } = absent;
  const text = typeof data === 'string' ? data : Array.isArray(data) ? data.join(',') : JSON.stringify(data);
  return text === '' ? 'none' : `\`${text}\``;
}
