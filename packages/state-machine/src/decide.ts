import { compare, isPositive } from '@orderplane/domain';
import type { ErrorCode } from '@orderplane/domain';
import { mergeTerms } from './draft.ts';
import type { Decision, OrderCommand, OrderMachine, OrderTerms, VenueProfile } from './model.ts';
import { SPOT_PROFILE } from './profiles.ts';
import { hasEnded, isTerminal, openCancel, ownCancel, wishedTerms } from './projections.ts';
import { cumQty } from './quantities.ts';

/** What a decision may depend on besides the order. */
export interface DecideContext {
  readonly profile?: VenueProfile;
}

type Command<T extends OrderCommand['type']> = Extract<OrderCommand, { readonly type: T }>;
type Commands = {
  readonly [Type in OrderCommand['type']]: (
    order: OrderMachine,
    command: Command<Type>,
    profile: VenueProfile,
  ) => Decision;
};

const refuse = (code: ErrorCode, message: string, field: readonly string[] | null = null): Decision => ({
  ok: false,
  code,
  message,
  field,
});

const COMMANDS: Commands = { cancel: decideCancel, modify: decideModify };

/**
 * Accepts or refuses a command; changes nothing. The accepted events go through `evolve`; an accepted command without
 * events joins what is under way. Refuses with INVALID_STATE_TRANSITION or INVALID_INPUT.
 */
export function decide(order: OrderMachine, command: OrderCommand, context: DecideContext = {}): Decision {
  const run = COMMANDS[command.type] as (order: OrderMachine, command: OrderCommand, profile: VenueProfile) => Decision;
  return run(order, command, context.profile ?? SPOT_PROFILE);
}

function decideCancel(order: OrderMachine, command: Command<'cancel'>): Decision {
  if (isTerminal(order))
    return refuse('INVALID_STATE_TRANSITION', `The order is ${order.life}: nothing is left to cancel.`);
  if (ownCancel(order) !== null) return { ok: true, events: [] };
  return {
    ok: true,
    events: [
      {
        type: 'CancelRequested',
        requestId: command.requestId,
        generation: command.generation,
        by: command.by,
        ...(command.reason === undefined ? {} : { reason: command.reason }),
      },
    ],
  };
}

function decideModify(order: OrderMachine, command: Command<'modify'>, profile: VenueProfile): Decision {
  if (hasEnded(order)) return refuse('INVALID_STATE_TRANSITION', `The order is ${order.life}: it can not be changed.`);
  if (openCancel(order) !== null)
    return refuse('INVALID_STATE_TRANSITION', 'A cancel is open: the order can not be changed any more.');
  // The end comes before the terms: what is over can't be changed, whatever the change says.
  if (order.life === 'FILLED' && !(profile.reopensFilled && order.end === null)) return FILLED;
  const rearms = command.rearms === true;
  if (rearms && order.life !== 'DARK_OPEN')
    return refuse('INVALID_STATE_TRANSITION', 'The trigger has fired: it can not be changed any more.', [
      command.change.stopPrice === undefined ? 'trigger' : 'stopPrice',
    ]);
  const wished = wishedTerms(order);
  const wrong = invalidChange(order, wished, command.change, rearms);
  if (wrong !== null) return wrong;
  const terms = mergeTerms(wished, command.change);
  if (order.life === 'FILLED' && !exceedsFilled(order, terms)) return FILLED;
  return {
    ok: true,
    events: [
      {
        type: 'ReplaceRequested',
        requestId: command.requestId,
        generation: command.generation,
        terms,
        by: command.by,
      },
    ],
  };
}

const FILLED = refuse('INVALID_STATE_TRANSITION', 'The order is FILLED: it can not be changed.');

const exceedsFilled = (order: OrderMachine, terms: OrderTerms): boolean =>
  terms.size !== null && compare(terms.size, cumQty(order)) > 0;

const FIELDS = ['size', 'price', 'stopPrice'] as const;

/** Held here, a market order is a wish like any other. */
const isHeldHere = ({ life }: OrderMachine): boolean => life === 'DARK_OPEN' || life === 'TRIGGERED';

function invalidChange(
  order: OrderMachine,
  wished: OrderTerms,
  change: Command<'modify'>['change'],
  rearms: boolean,
): Decision | null {
  if (order.kind.type === 'MARKET' && !isHeldHere(order))
    return refuse('INVALID_INPUT', 'A market order can not be changed.');
  for (const field of FIELDS) {
    const value = change[field];
    if (value === undefined) continue;
    if (!isPositive(value)) return refuse('INVALID_INPUT', `${field} must be above 0.`, [field]);
    if (wished[field] === null)
      return refuse('INVALID_INPUT', `This order has no ${field} that could be changed.`, [field]);
  }
  const changes = FIELDS.some((field) => {
    const value = change[field];
    const old = wished[field];
    return value !== undefined && old !== null && compare(value, old) !== 0;
  });
  return changes || rearms
    ? null
    : refuse('INVALID_INPUT', 'The change asks for nothing new: give another size or price.');
}
