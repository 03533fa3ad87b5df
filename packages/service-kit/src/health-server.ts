import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';
import { redactText } from './redaction.ts';
import { withDeadline } from './timing.ts';

/** Passes by returning, fails by throwing; the message is shown (redacted) in the answer. */
export type HealthCheck = () => void | Promise<unknown>;

export interface HealthServerOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly host?: string;
  readonly metrics: Metrics;
  /** Is the process beyond repair? Almost always absent: answering at all is being alive. */
  readonly live?: HealthCheck;
  /** By name: dependencies answer, components progress (`watch.check`). */
  readonly ready: Readonly<Record<string, HealthCheck>>;
  /** Longest wait for one check. */
  readonly checkDeadlineMs?: number;
}

export interface HealthServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  addReadyCheck(name: string, check: HealthCheck): void;
  /** From now on not ready: load balancers look elsewhere while running work ends. */
  drain(): void;
  close(): Promise<void>;
}

interface CheckResult {
  readonly ok: boolean;
  readonly error?: string;
}

async function runCheck(name: string, check: HealthCheck, deadlineMs: number): Promise<CheckResult> {
  try {
    await withDeadline(Promise.resolve().then(check), deadlineMs, name);
    return { ok: true };
  } catch (cause) {
    return { ok: false, error: redactText(cause instanceof Error ? cause.message : String(cause)).slice(0, 300) };
  }
}

/** `/healthz` (the process lives), `/readyz` (every check passes) and `/metrics`. Answers 200 or 503 with JSON. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const host = options.host ?? '127.0.0.1';
  const checks = new Map(Object.entries(options.ready));
  const deadlineMs = options.checkDeadlineMs ?? 2_000;
  let draining = false;

  const readiness = async (): Promise<{ ready: boolean; checks: Record<string, CheckResult> }> => {
    const entries = [...checks].map(async ([name, check]) => [name, await runCheck(name, check, deadlineMs)] as const);
    const results = Object.fromEntries(await Promise.all(entries));
    return { ready: !draining && Object.values(results).every((result) => result.ok), checks: results };
  };
  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    switch (path) {
      case '/healthz': {
        const alive = await runCheck('live', options.live ?? (() => undefined), deadlineMs);
        return sendJson(response, alive.ok ? 200 : 503, alive);
      }
      case '/readyz': {
        const state = await readiness();
        return sendJson(response, state.ready ? 200 : 503, { ...state, draining });
      }
      case '/metrics':
        response.writeHead(200, { 'content-type': options.metrics.contentType });
        response.end(await options.metrics.text());
        return;
      default:
        return sendJson(response, 404, { error: 'there are /healthz, /readyz and /metrics' });
    }
  };

  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    answer(path, response).catch((cause: unknown) => {
      if (!response.headersSent) sendJson(response, 500, { error: 'internal' });
      else response.destroy(cause instanceof Error ? cause : undefined);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    host,
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    addReadyCheck: (name, check) => void checks.set(name, check),
    drain: () => {
      draining = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
