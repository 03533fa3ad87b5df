import { z } from 'zod';
import { connect } from '../connection.ts';
import type { RunFile } from '../connection.ts';
import { EXIT } from '../failure.ts';
import { query } from '../graphql.ts';
import type { Options } from '../options.ts';
import { table } from '../table.ts';

const StatusSchema = z.object({
  exchanges: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      health: z.object({
        reachable: z.boolean(),
        streamConnected: z.boolean(),
        rateLimitedUntil: z.string().nullable(),
        lastError: z.string().nullable(),
      }),
    }),
  ),
  reconciler: z.object({
    running: z.boolean(),
    reconciliationLagMs: z.number(),
    pendingReconciliations: z.number(),
    errorCount: z.number(),
    retryCount: z.number(),
    ambiguous: z.number(),
    needsAttention: z.number(),
  }),
});
type Status = z.infer<typeof StatusSchema>;

const DOCUMENT = `query Status {
  exchanges { id name health { reachable streamConnected rateLimitedUntil lastError } }
  reconciler { running reconciliationLagMs pendingReconciliations errorCount retryCount ambiguous needsAttention }
}`;

interface ServiceState {
  readonly name: string;
  readonly pid: number;
  readonly alive: boolean;
}

/** Signal 0 asks whether the process exists; EPERM means that it does and is another user's. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const servicesOf = (run: RunFile | null): readonly ServiceState[] =>
  (run?.processes ?? []).map(({ name, pid }) => ({ name, pid, alive: isAlive(pid) }));

const yesNo = (value: boolean): string => (value ? 'yes' : 'NO');

function printServices(services: readonly ServiceState[]): void {
  if (services.length === 0) return;
  const rows = services.map(({ name, pid, alive }) => [name, String(pid), alive ? 'running' : 'GONE']);
  process.stdout.write(`${table(['SERVICE', 'PID', 'STATE'], rows)}\n`);
}

function printStatus({ exchanges, reconciler }: Status): void {
  const rows = exchanges.map(({ id, health }) => [
    id,
    yesNo(health.reachable),
    yesNo(health.streamConnected),
    health.rateLimitedUntil ?? '-',
    health.lastError ?? '-',
  ]);
  process.stdout.write(`${table(['EXCHANGE', 'REACHABLE', 'STREAM', 'RATE LIMITED UNTIL', 'LAST ERROR'], rows)}\n`);
  const numbers = [
    ['running', yesNo(reconciler.running)],
    ['lag', `${reconciler.reconciliationLagMs} ms`],
    ['pending', String(reconciler.pendingReconciliations)],
    ['errors', String(reconciler.errorCount)],
    ['retries', String(reconciler.retryCount)],
    ['in doubt', String(reconciler.ambiguous)],
    ['need attention', String(reconciler.needsAttention)],
  ];
  process.stdout.write(table(['RECONCILER', ''], numbers));
}

/** Services first, from the run file: they are what explains a gateway that does not answer. */
export async function statusCommand(options: Options): Promise<number> {
  const connection = await connect(options.home, 'admin');
  const services = servicesOf(connection.run);
  if (!options.json) {
    process.stdout.write(`Gateway ${connection.http}\n\n`);
    printServices(services);
  }
  const status = await query(connection, StatusSchema, DOCUMENT);
  if (options.json) process.stdout.write(`${JSON.stringify({ gateway: connection.http, services, ...status })}\n`);
  else printStatus(status);
  return services.every((service) => service.alive) && status.reconciler.running ? 0 : EXIT.failed;
}
