import { NotAcceptedError, type CommandResult, type OrderCommand } from '@orderplane/queues';
import { databaseOutage } from '@orderplane/store';
import type { CommandContext } from '../context.ts';
import { cancelAlert, createAlert } from './alerts.ts';
import { cancelAll } from './cancel-all.ts';
import { cancelOne, modify } from './change.ts';
import { checkFiredOrder } from './fired.ts';
import { setDeadMansSwitch } from './dead-mans-switch.ts';
import { halt, resume } from './halt.ts';
import { refuseOverdue } from './overdue.ts';
import { place } from './place.ts';
import { placeGroup } from './place-group.ts';
import { clearOrderCache, setPrivacy } from './privacy.ts';
import { unlink } from './unlink.ts';

/**
 * A command that the database could not take is told so in words, where it surely had no effect: each of these kinds is
 * one commit, which is rolled back whole. Of the others, and of a connection that was lost, nobody knows.
 */
export async function handleOrSay(context: CommandContext, command: OrderCommand): Promise<CommandResult> {
  try {
    return await handle(context, command);
  } catch (error) {
    const outage = databaseOutage(error);
    if (outage === null || !outage.isNothingWritten || !isOneCommit(command)) throw error;
    throw new NotAcceptedError(`the database can't write now (${outage.reason})`, error);
  }
}

const isOneCommit = ({ kind }: OrderCommand): boolean => kind === 'place' || kind === 'modify' || kind === 'cancel';

/** Every command is safe to run twice: its id, or the caller's client order id, makes the second run find the first. */
export async function handle(context: CommandContext, command: OrderCommand): Promise<CommandResult> {
  refuseOverdue(command, context.clock.now().getTime());
  switch (command.kind) {
    case 'place':
      return place(context, command);
    case 'placeGroup':
      return placeGroup(context, command);
    case 'modify':
      return modify(context, command);
    case 'cancel':
      return cancelOne(context, command.userId, command.orderId, command.commandId);
    case 'fired':
      return checkFiredOrder(context, command);
    case 'cancelAll':
      return cancelAll(context, command);
    case 'unlink':
      return unlink(context, command);
    case 'halt':
      return halt(context, command);
    case 'resume':
      return resume(context, command);
    case 'setDeadMansSwitch':
      return setDeadMansSwitch(context, command);
    case 'setPrivacy':
      return setPrivacy(context, command);
    case 'clearOrderCache':
      return clearOrderCache(context, command);
    case 'createAlert':
      return createAlert(context, command);
    case 'cancelAlert':
      return cancelAlert(context, command);
  }
}
