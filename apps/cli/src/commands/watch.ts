import { createClient, OrderplaneError } from '@orderplane/client';
import type { OrderEvent, OrderUpdate } from '@orderplane/client';
import { z } from 'zod';
import { connect } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { query } from '../graphql.ts';
import type { Options } from '../options.ts';
import { doubtText, priceText, sizeText } from '../order-view.ts';
import type { OrderView } from '../order-view.ts';

/** One line: an order of the snapshot, the end of the snapshot, or a change. */
export interface WatchLine {
  readonly kind: 'SNAPSHOT' | 'SNAPSHOT_END' | 'EVENT';
  readonly cursor: string;
  readonly order: OrderView | null;
  readonly event: OrderEvent | null;
}

const AccountsSchema = z.object({ accounts: z.array(z.object({ id: z.string() })) });

/** How long ending may take, ms. */
const GRACE_MS = 1000;

export interface WatchSink {
  readonly line: (accountId: string, line: WatchLine) => void;
  readonly notice: (message: string) => void;
}

const REFUSED: readonly string[] = ['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'INVALID_INPUT'];

/** Prints what one account's updates tell. Throws CommandFailure when the caller is refused. */
export async function tell(
  accountId: string,
  updates: AsyncIterable<OrderUpdate>,
  { line, notice }: WatchSink,
): Promise<void> {
  try {
    for await (const update of updates) {
      if (update.kind === 'EVENT') line(accountId, update);
      else {
        const { cursor } = update;
        if (update.reason === 'CURSOR_EXPIRED') notice('some changes were purged before they could be told');
        for (const order of update.orders) line(accountId, { kind: 'SNAPSHOT', cursor, order, event: null });
        line(accountId, { kind: 'SNAPSHOT_END', cursor, order: null, event: null });
      }
    }
  } catch (error) {
    if (!(error instanceof OrderplaneError)) throw error;
    const code = REFUSED.includes(error.code) ? EXIT.refused : EXIT.failed;
    throw new CommandFailure(`the subscription is refused: ${error.message}`, code, error);
  }
}

export function updateText({ kind, order, event }: WatchLine): string {
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
    line: (accountId, line) => {
      process.stdout.write(`${options.json ? JSON.stringify({ accountId, ...line }) : updateText(line)}\n`);
    },
    notice: (message) => process.stderr.write(`orderplane: ${message}\n`),
  };
  const client = createClient({ urls: connection.http, token: connection.token });
  const { signal } = ending;
  const onInterruption = ({ message }: OrderplaneError): void => sink.notice(`${message}; trying again`);
  try {
    // One subscription an account: a cursor is a place in one account's journal.
    await Promise.all(
      accounts.map((id) => tell(id, client.orderUpdates([id], { after: options.after, signal, onInterruption }), sink)),
    );
  } finally {
    ending.abort();
    client.close();
  }
  return 0;
}
