import type { UserError } from '@orderplane/domain';
import { Folding } from '@orderplane/planner';
import type { CommandResult, OrderCommand } from '@orderplane/queues';
import { record, type Change } from '@orderplane/recorder';
import { AccountHaltedError, LimitExceededError, type OrderFire, type OrderRecord } from '@orderplane/store';
import { checkFired, type Clearance } from '../checks/fired.ts';
import { limitExceeded } from '../checks/limits.ts';
import { accepted, type CommandContext } from '../context.ts';

/**
 * The checks of a dark order whose trigger has fired. They end in one of two commits: it is refused and over, or it is
 * cleared, which is what the reconciler waits for before it sends it. Both hold for the version that was checked: an order
 * that was changed in between is checked again. Twice is the same as once.
 */
export async function checkFiredOrder(
  context: CommandContext,
  { orderId }: Pick<Extract<OrderCommand, { kind: 'fired' }>, 'orderId'>,
): Promise<CommandResult> {
  const found = await context.recorder.ledger.find(orderId);
  if (found === null || !awaitsChecks(found)) return accepted();
  const { exchange, accountId, clientOrderId } = found.intent;
  const account = await context.access.account(accountId);
  if (account === null) return accepted();
  // A halt that ends what is open ends this order as well, and says so: that is the reconciler's to write.
  const isEndedByHalt = typeof account.halt?.cancelOpenBefore === 'string';
  const verdict = isEndedByHalt ? 'later' : await checkFired(context, account, found);
  context.crashPoint('fired:before-commit', clientOrderId);
  if (verdict !== 'later' && (await writeVerdict(context, found, verdict)) === 'halted')
    return checkFiredOrder(context, { orderId });
  context.crashPoint('fired:after-commit', clientOrderId);
  if (verdict !== 'later' || isEndedByHalt) await context.waker.wake(exchange, orderId, 'submit');
  return accepted();
}

const awaitsChecks = ({ actual: { machine, reconciliation } }: OrderRecord): boolean =>
  machine.life === 'TRIGGERED' && reconciliation.cleared !== machine.darkVersion;

/** The account's limits are judged by the write of a clearance, and a refusal is written in its place. */
async function writeVerdict(
  context: CommandContext,
  found: OrderRecord,
  verdict: UserError | Clearance,
): Promise<'halted' | 'done'> {
  const written = await write(context, found, verdict);
  return typeof written === 'string' ? written : writeVerdict(context, found, written);
}

async function write(
  context: CommandContext,
  found: OrderRecord,
  verdict: UserError | Clearance,
): Promise<'halted' | 'done' | UserError> {
  const checked = found.actual.machine.darkVersion;
  try {
    await record(
      context.recorder,
      found.intent.orderId,
      (current, at) => {
        if (!awaitsChecks(current) || current.actual.machine.darkVersion !== checked) return null;
        return 'code' in verdict ? denied(current, at, verdict) : cleared(current, at, verdict);
      },
      found,
    );
    return 'done';
  } catch (error) {
    // Halted since the account was looked at.
    if (error instanceof AccountHaltedError) return 'halted';
    if (error instanceof LimitExceededError) return limitExceeded(error.refusal, found.intent.spec);
    throw error;
  }
}

/** The journal says that it was checked; the mark is what the planner looks at. */
function cleared({ actual: { machine, reconciliation } }: OrderRecord, at: string, { takes }: Clearance): Change {
  const { fired } = reconciliation;
  return {
    machine,
    journal: [{ event: { type: 'Validated', at, source: 'system' }, entries: [] }],
    reconciliation: {
      cleared: machine.darkVersion,
      ...(fired === undefined ? {} : { fired: withTakes(fired, takes) }),
    },
    unlessHalted: true,
    limited: 'anew',
  };
}

const withTakes = ({ price, priceAt, at }: OrderFire, takes: string | null): OrderFire => ({
  price,
  priceAt,
  at,
  ...(takes === null ? {} : { takes }),
});

function denied({ actual: { machine } }: OrderRecord, at: string, { code, message }: UserError): Change {
  const folding = new Folding(machine, { at, visibilityDelayMs: 0 });
  folding.apply({ type: 'Denied', code, reason: `${code} when its trigger had fired: ${message}` }, 'system');
  const { machine: after, journal } = folding.result();
  return { machine: after, journal };
}
