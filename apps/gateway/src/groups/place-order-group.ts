import type { OrderGroup } from '@orderplane/store';
import type { MutationResolvers } from '../schema/types.generated.ts';
import { tradingRefusal } from '../access/roles.ts';
import { orderResult, runCommand } from '../orders/commands.ts';
import { parsePlaceGroupInput } from '../orders/input.ts';
import type { GatewayContext } from '../server/context.ts';

export const placeOrderGroup: NonNullable<MutationResolvers['placeOrderGroup']> = async (_, { input }, context) => {
  const refusal = tradingRefusal(context.principal);
  if (refusal !== null) return { group: null, userErrors: [refusal] };
  const parsed = parsePlaceGroupInput(input, context.ports.newId);
  if (!parsed.ok) return { group: null, userErrors: parsed.userErrors };

  const ids = parsed.value.orders.map(({ clientOrderId }) => `"${clientOrderId}"`).join(', ');
  const howToRepeat = `Repeat the same request with the clientOrderIds ${ids}: it returns the group, whatever became of this try.`;
  const { userId } = context.principal;
  const command = { kind: 'placeGroup', commandId: context.ports.newId(), userId, ...parsed.value } as const;
  const { order, userErrors } = await orderResult(
    context,
    await runCommand(context, command, howToRepeat),
    howToRepeat,
  );
  return { group: await groupOf(context, order?.intent.groupId ?? null), userErrors };
};

const groupOf = async ({ loaders }: GatewayContext, groupId: string | null): Promise<OrderGroup | null> =>
  groupId === null ? null : loaders.group.load(groupId);
