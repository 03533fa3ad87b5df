import type { UserError } from '@orderplane/domain';
import { NotAcceptedError, type CommandResult, type PlaceInput } from '@orderplane/queues';
import { AlreadyExistsError, CommandOverError, type OrderRecord } from '@orderplane/store';
import { accepted, refused, userError, type CommandContext } from '../context.ts';

/**
 * A client that did not hear what became of a try repeats it, while the first may still wait in the queue, or between its
 * checks and its write. So what one try is told has to hold for all that were made before it: the order, or its refusal.
 */

/** Whether the write failed because of another try of the same request, or of a request under the same client order id. */
export const isRepeat = (error: unknown): error is AlreadyExistsError | CommandOverError =>
  error instanceof AlreadyExistsError || error instanceof CommandOverError;

/** Recorded before it is told, so that an earlier try that is still under way finds it. If that has won, its order. */
export async function refuse(
  context: CommandContext,
  input: PlaceInput,
  requestHash: string,
  refusal: UserError,
): Promise<CommandResult> {
  const { accountId, clientOrderId } = input;
  if (await context.recorder.ledger.refuse(accountId, [{ clientOrderId, requestHash }]))
    return (await purgedAnswer(context, input, requestHash)) ?? refused(refusal);
  const earlier = await earlierAnswer(context, input, requestHash);
  if (earlier === null) throw new Error(`order ${clientOrderId} is gone, which has kept a repeat from being refused`);
  return earlier;
}

/** What a repeat is told of the order that has its client order id, or had it; null: there is none. */
export async function earlierAnswer(
  context: CommandContext,
  input: PlaceInput,
  requestHash: string,
): Promise<CommandResult | null> {
  const order = await context.recorder.ledger.findByClientOrderId(input.accountId, input.clientOrderId);
  if (order === null) return purgedAnswer(context, input, requestHash);
  return order.intent.requestHash === requestHash ? accepted(order.intent.orderId) : refused(belongsToAnother(order));
}

const belongsToAnother = ({ intent: { clientOrderId, orderId } }: OrderRecord): UserError =>
  userError(
    'ALREADY_EXISTS',
    `clientOrderId ${clientOrderId} belongs to another request (order ${orderId}): use a new one`,
    'clientOrderId',
  );

const purgedAnswer = async (
  context: CommandContext,
  input: PlaceInput,
  requestHash: string,
): Promise<CommandResult | null> => {
  const error = await purgedOrder(context, input, requestHash);
  return error === null ? null : refused(error);
};

/** There is no order to give any more, and none is placed a second time. */
export async function purgedOrder(
  { recorder: { ledger } }: CommandContext,
  { accountId, clientOrderId }: PlaceInput,
  requestHash: string,
): Promise<UserError | null> {
  const purged = await ledger.purged.byClientOrderId(accountId, clientOrderId);
  if (purged === null) return null;
  const { orderId, state } = purged;
  const message =
    purged.requestHash === requestHash
      ? `this was placed before: order ${orderId}, ${state}, whose history is purged; a new order needs a new clientOrderId`
      : `clientOrderId belongs to another request (order ${orderId}, ${state}, history purged): use a new one`;
  return userError('ALREADY_EXISTS', message, 'clientOrderId');
}

/** Not a refusal of the request: a try that is made now is judged anew. */
export function notAccepted({ reason }: CommandOverError): NotAcceptedError {
  switch (reason) {
    case 'expired':
      return new NotAcceptedError('the command has waited for too long');
    case 'refused':
      return new NotAcceptedError('the same request was refused after this try of it had been sent');
  }
}
