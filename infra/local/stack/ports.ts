import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { EXIT, Failure } from '../bootstrap/failure.mjs';
import { writeFileAtomically } from './files.ts';

const LOOPBACK = '127.0.0.1';

/** Binds and frees: null when the port is free, else why not. Port 0: gives a free one. */
function probe(port: number): Promise<{ readonly port: number } | { readonly error: NodeJS.ErrnoException }> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve({ error }));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const { port: bound } = server.address() as AddressInfo;
      server.close(() => resolve({ port: bound }));
    });
  });
}

/** Throws a Failure that names the port and the flag when someone else listens there. */
export async function demandPort(port: number): Promise<void> {
  const outcome = await probe(port);
  if (!('error' in outcome)) return;
  const { code } = outcome.error;
  if (code === 'EACCES') {
    throw new Failure(EXIT.permission, `Port ${port} is reserved for the administrator.`, [
      'Choose one above 1023: npm start -- --port 4000 (0 takes any free one).',
    ]);
  }
  throw new Failure(EXIT.busy, `Port ${port} is in use by another program (${code}).`, [
    `Stop that program (lsof -i :${port} names it), or choose another port: npm start -- --port ${port + 1} (0 takes any free one).`,
  ]);
}

const PortsSchema = z.record(z.string(), z.number().int());

/**
 * Ports of the parts behind the gateway: chosen free once, then the same at every start of this home, so that addresses
 * kept elsewhere stay valid; another one only when it has been taken meanwhile.
 */
export async function rememberedPorts<Name extends string>(
  file: string,
  names: readonly Name[],
): Promise<Readonly<Record<Name, number>>> {
  const ports = await readPorts(file);
  const chosen: [Name, number][] = [];
  for (const name of names) {
    const outcome = await probe(ports[name] ?? 0);
    const free = 'error' in outcome ? await probe(0) : outcome;
    if ('error' in free) throw free.error;
    chosen.push([name, free.port]);
  }
  const result = Object.fromEntries(chosen) as Record<Name, number>;
  await writeFileAtomically(file, `${JSON.stringify({ ...ports, ...result }, null, 2)}\n`);
  return result;
}

async function readPorts(file: string): Promise<Readonly<Record<string, number>>> {
  try {
    return PortsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return {};
  }
}
