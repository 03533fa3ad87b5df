import { ORDER_COMMANDS } from './contracts.ts';
import { createProducer, type ProducerOptions } from './producer.ts';

/**
 * Asks for the checks of a dark order whose trigger has fired. The order is durable and says itself that it waits for
 * them, so a request that is lost is made again by the resync; failures are reported and swallowed. One at most waits.
 */
export interface FiringDesk {
  check(order: { readonly orderId: string; readonly userId: string }): Promise<void>;
  close(): Promise<void>;
}

export function createFiringDesk(options: ProducerOptions): FiringDesk {
  const commands = createProducer(ORDER_COMMANDS, options);
  return {
    check: async ({ orderId, userId }) => {
      await commands
        .add(
          { kind: 'fired', commandId: `fired-${orderId}`, userId, orderId },
          // A request that comes while the checks run may be about a newer version of the order.
          { deduplication: { id: `fired-${orderId}`, keepLastIfActive: true }, removeOnComplete: true },
        )
        .catch((error: unknown) => options.onError(error instanceof Error ? error : new Error(String(error))));
    },
    close: () => commands.close(),
  };
}
