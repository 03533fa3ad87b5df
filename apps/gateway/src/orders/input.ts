import {
  ExecutionModeSchema,
  GroupKindSchema,
  OrderSideSchema,
  OrderTypeSchema,
  PartialFillPolicySchema,
  TimeInForceSchema,
  type UserError,
} from '@orderplane/domain';
import { MAX_GROUP_ORDERS, type OrderCommand, type PlaceInput } from '@orderplane/queues';
import { z } from 'zod';
import type {
  CancelAllInput,
  ModifyOrderInput,
  PlaceOrderGroupInput,
  PlaceOrderInput,
} from '../schema/types.generated.ts';
import { isId } from '../access/roles.ts';
import { TriggerSchema } from './trigger.ts';
import { AmountSchema, InstantSchema, SymbolSchema } from './values.ts';

export const IdSchema = z.string().refine(isId, { message: 'is not an id' });
const ClientOrderIdSchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,64}$/, { message: 'must be 1 to 64 printable ASCII characters without spaces' });
export const absentIsNull = <T>(schema: z.ZodType<T>) => schema.nullish().transform((value) => value ?? null);
export const absentIs = <T>(schema: z.ZodType<T>, fallback: T) =>
  schema.nullish().transform((value) => value ?? fallback);

/** Shape only: whether the terms suit the type, the market and the account is for order-command to say. */
const PlaceSchema = z.object({
  accountId: IdSchema,
  clientOrderId: absentIsNull(ClientOrderIdSchema),
  symbol: SymbolSchema,
  side: OrderSideSchema,
  type: OrderTypeSchema,
  size: absentIsNull(AmountSchema),
  quoteSize: absentIsNull(AmountSchema),
  price: absentIsNull(AmountSchema),
  stopPrice: absentIsNull(AmountSchema),
  timeInForce: absentIs(TimeInForceSchema, 'GTC' as const),
  expiresAt: absentIsNull(InstantSchema),
  postOnly: absentIs(z.boolean(), false),
  reduceOnly: absentIs(z.boolean(), false),
  mode: absentIs(ExecutionModeSchema, 'LIVE' as const),
  trigger: absentIsNull(TriggerSchema),
});

/** The trigger watches the market of the order where it names none. */
function toPlaceInput(
  { clientOrderId, trigger, ...rest }: z.infer<typeof PlaceSchema>,
  newClientOrderId: () => string,
): PlaceInput {
  return {
    ...rest,
    clientOrderId: clientOrderId ?? newClientOrderId(),
    ...(trigger === null ? {} : { trigger: { ...trigger, symbol: trigger.symbol ?? rest.symbol } }),
  };
}

const PlaceGroupSchema = z.object({
  kind: GroupKindSchema,
  onPartialFill: absentIs(PartialFillPolicySchema, 'CANCEL' as const),
  orders: z
    .array(PlaceSchema)
    .min(2, { message: `a group has 2 to ${MAX_GROUP_ORDERS} orders` })
    .max(MAX_GROUP_ORDERS, { message: `a group has 2 to ${MAX_GROUP_ORDERS} orders` }),
});

const ModifySchema = z
  .object({
    orderId: IdSchema,
    size: absentIsNull(AmountSchema),
    price: absentIsNull(AmountSchema),
    stopPrice: absentIsNull(AmountSchema),
    trigger: absentIsNull(TriggerSchema),
  })
  .refine(
    ({ size, price, stopPrice, trigger }) => size !== null || price !== null || stopPrice !== null || trigger !== null,
    { message: 'nothing to change: give a size, a price, a stop price or a trigger' },
  )
  .transform(({ trigger, ...rest }) => (trigger === null ? rest : { ...rest, trigger }));

const CancelAllSchema = z.object({
  accountId: IdSchema,
  symbol: absentIsNull(SymbolSchema),
  side: absentIsNull(OrderSideSchema),
});

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly userErrors: readonly UserError[] };

/** `newClientOrderId` is used where the caller gives none, so that a repeated job is the same order. */
export function parsePlaceInput(input: PlaceOrderInput, newClientOrderId: () => string): Parsed<PlaceInput> {
  const parsed = parseInput(PlaceSchema, input);
  if (!parsed.ok) return parsed;
  return { ok: true, value: toPlaceInput(parsed.value, newClientOrderId) };
}

type PlaceGroup = Pick<Extract<OrderCommand, { kind: 'placeGroup' }>, 'groupKind' | 'onPartialFill' | 'orders'>;

export function parsePlaceGroupInput(input: PlaceOrderGroupInput, newClientOrderId: () => string): Parsed<PlaceGroup> {
  const parsed = parseInput(PlaceGroupSchema, input);
  if (!parsed.ok) return parsed;
  const { kind: groupKind, onPartialFill, orders } = parsed.value;
  const named = orders.map((order) => toPlaceInput(order, newClientOrderId));
  return { ok: true, value: { groupKind, onPartialFill, orders: named } };
}

export const parseModifyInput = (input: ModifyOrderInput): Parsed<z.infer<typeof ModifySchema>> =>
  parseInput(ModifySchema, input);

export const parseCancelAllInput = (input: CancelAllInput): Parsed<z.infer<typeof CancelAllSchema>> =>
  parseInput(CancelAllSchema, input);

/** An id that stands as an argument by itself. */
export function parseIdArgument(name: string, value: string): Parsed<string> {
  if (isId(value)) return { ok: true, value };
  return { ok: false, userErrors: [{ code: 'INVALID_INPUT', message: `${name} is not an id`, field: [name] }] };
}

export function parseInput<T>(schema: z.ZodType<T>, input: unknown): Parsed<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { ok: true, value: parsed.data };
  const userErrors = parsed.error.issues.map(({ path, message }): UserError => {
    const field = ['input', ...path.map(String)];
    return { code: 'INVALID_INPUT', message: `${field.at(-1) ?? 'input'}: ${message}`, field };
  });
  return { ok: false, userErrors };
}
