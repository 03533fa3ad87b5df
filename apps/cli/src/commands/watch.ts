import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws/client';
import type { Client } from 'graphql-ws/client';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { connect } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { CommandFailure, EXIT, messageOf } from '../failure.ts';
import { query } from '../graphql.ts';
import type { Options } from '../options.ts';
import { doubtText, ORDER_FIELDS, OrderViewSchema, priceText, sizeText } from '../order-view.ts';

const UpdateSchema = z.object({
  orderUpdates: z.object({
    kind: z.enum(['SNAPSHOT', 'SNAPSHOT_END', 'EVENT']),
    cursor: z.string(),
    order: OrderViewSchema.nullable(),
    event: z
      .object({
        type: z.string(),
        fromState: z.string().nullable(),
        toState: z.string(),
        reason: z.string().nullable(),
        source: z.string(),
        at: z.string(),
      })
      .nullable(),
  }),
});
export type OrderUpdate = z.infer<typeof UpdateSchema>['orderUpdates'];

const DOCUMENT = `subscription Watch($accountIds: [ID!]!, $after: Cursor) {
  orderUpdates(accountIds: $accountIds, after: $after) {
    kind cursor order { ${ORDER_FIELDS} } event { type fromState toState reason source at }
  }
}`;
const AccountsSchema = z.object({ accounts: z.array(z.object({ id: z.string() })) });

/** Pause before another attempt, ms: doubled with each failure in a row, from the first to the last of these. */
export interface Pauses {
  readonly firstMs: number;
  readonly lastMs: number;
}
/** How long ending may take, ms. */
const GRACE_MS = 1000;
const PAUSES: Pauses = { firstMs: 1000, lastMs: 30_000 };

export interface WatchSink {
  readonly update: (accountId: string, update: OrderUpdate) => void;
  readonly notice: (message: string) => void;
}

/** Close codes by which a server of this protocol refuses the caller rather than the moment. */
const REFUSED_CLOSES = [4400, 4401, 4403];

function closeCodeOf(error: unknown): number | null {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'number' ? code : null;
}

function refusalOf(error: unknown): CommandFailure | null {
  if (error instanceof CommandFailure) return error;
  if (Array.isArray(error)) {
    const messages = error.map((entry: unknown) => (entry instanceof Error ? entry.message : JSON.stringify(entry)));
    return new CommandFailure(`the subscription is refused: ${messages.join('; ')}`, EXIT.refused);
  }
  const code = closeCodeOf(error);
  if (code === null || !REFUSED_CLOSES.includes(code)) return null;
  return new CommandFailure('the token is refused', EXIT.refused, error);
}

const describe = (error: unknown): string => {
  if (error instanceof Error) return error.message;
  // The socket's own error event is no Error, but says why.
  const said = typeof error === 'object' && error !== null && 'message' in error ? error.message : null;
  if (typeof said === 'string' && said !== '') return said;
  const code = closeCodeOf(error);
  return code === null ? 'closed' : `closed with code ${code}`;
};

function clientOf(connection: Connection): Client {
  const authorization = `Bearer ${connection.token}`;
  class AuthorizedSocket extends WebSocket {
    constructor(address: string, protocols?: string | string[]) {
      super(address, protocols, { headers: { authorization } });
    }
  }
  return createClient({
    url: connection.ws,
    webSocketImpl: AuthorizedSocket,
    connectionParams: { authorization, Authorization: authorization },
    // This program reconnects by itself, with the cursor of the last update; the client would ask again from the start.
    retryAttempts: 0,
    keepAlive: 10_000,
  });
}

/**
 * Follows one account until `signal` ends it, through every broken connection: nothing is skipped or repeated, because
 * each attempt goes on after the last cursor seen. Only once the snapshot is complete: half a snapshot is asked for
 * again as a whole. Throws CommandFailure when the caller is refused.
 */
export async function follow(
  connection: Connection,
  accountId: string,
  start: string | null,
  sink: WatchSink,
  signal: AbortSignal,
  pauses: Pauses = PAUSES,
): Promise<void> {
  let after = start;
  let failures = 0;
  while (!signal.aborted) {
    const client = clientOf(connection);
    const stop = (): void => void client.dispose();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const variables = { accountIds: [accountId], after };
      for await (const result of client.iterate({ query: DOCUMENT, variables })) {
        if (result.errors !== undefined) throw refusalOf([...result.errors]) ?? new Error('refused');
        const update = UpdateSchema.parse(result.data).orderUpdates;
        failures = 0;
        sink.update(accountId, update);
        if (update.kind !== 'SNAPSHOT') after = update.cursor;
      }
      if (!signal.aborted) sink.notice('the service ended the subscription; asking again');
    } catch (error) {
      if (signal.aborted) return;
      const refusal =
        error instanceof z.ZodError ? new CommandFailure(messageOf(error), EXIT.failed) : refusalOf(error);
      if (refusal !== null) throw refusal;
      sink.notice(`connection lost (${describe(error)}); trying again`);
    } finally {
      signal.removeEventListener('abort', stop);
      await client.dispose();
    }
    failures += 1;
    const pauseMs = Math.min(pauses.lastMs, pauses.firstMs * 2 ** (failures - 1));
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

export function updateText({ kind, order, event }: OrderUpdate): string {
  if (kind === 'SNAPSHOT_END' || order === null) return '-- from here on: changes --';
  const terms = `${order.exchange} ${order.symbol} ${order.side} ${order.type} ${sizeText(order)} @ ${priceText(order)}`;
  const what = event === null ? 'order' : event.type;
  const why = event?.reason ?? order.reason;
  const standing = `${order.status} filled ${order.filledSize}${why === null ? '' : ` (${why})`}`;
  const doubt = doubtText(order);
  const line = `${event?.at ?? order.updatedAt}  ${what.padEnd(22)}  ${terms}  ${standing}  ${order.id}`;
  return doubt === null ? line : `${line}  [${doubt}]`;
}

async function accountsOf(connection: Connection): Promise<readonly string[]> {
  const { accounts } = await query(connection, AccountsSchema, 'query Accounts { accounts { id } }');
  if (accounts.length === 0) throw new CommandFailure('there is no account to watch', EXIT.failed);
  return accounts.map((account) => account.id);
}

export async function watchCommand(options: Options): Promise<number> {
  const connection = await connect(options.home, 'trader');
  const accounts = options.accounts.length > 0 ? options.accounts : await accountsOf(connection);
  const ending = new AbortController();
  const end = (): void => {
    ending.abort();
    // A connection that is still being made may hold the process for minutes.
    setTimeout(() => process.exit(0), GRACE_MS).unref();
  };
  // Not once: a terminal's Ctrl-C may come twice, directly and from the starting program.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, end);
  const sink: WatchSink = {
    update: (accountId, update) => {
      const line = options.json ? JSON.stringify({ accountId, ...update }) : updateText(update);
      process.stdout.write(`${line}\n`);
    },
    notice: (message) => process.stderr.write(`orderplane: ${message}\n`),
  };
  try {
    // One subscription an account: a cursor is a place in one account's journal.
    await Promise.all(accounts.map((id) => follow(connection, id, options.after, sink, ending.signal)));
  } finally {
    ending.abort();
  }
  return 0;
}
