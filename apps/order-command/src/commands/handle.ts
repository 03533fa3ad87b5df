import type { CommandResult, OrderCommand } from '@orderplane/queues';
import type { CommandContext } from '../context.ts';
import { cancelAll } from './cancel-all.ts';
import { cancelOne, modify } from './change.ts';
import { halt, resume } from './halt.ts';
import { place } from './place.ts';
import { unlink } from './unlink.ts';

/** Every command is safe to run twice: its id, or the caller's client order id, makes the second run find the first. */
export function handle(context: CommandContext, command: OrderCommand): Promise<CommandResult> {
  switch (command.kind) {
    case 'place':
      return place(context, command.userId, command.input);
    case 'modify':
      return modify(context, command);
    case 'cancel':
      return cancelOne(context, command.userId, command.orderId, command.commandId);
    case 'cancelAll':
      return cancelAll(context, command);
    case 'unlink':
      return unlink(context, command);
    case 'halt':
      return halt(context, command);
    case 'resume':
      return resume(context, command);
  }
}
