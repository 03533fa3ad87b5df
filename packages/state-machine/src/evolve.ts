import type { Outcome, ParsedCell, TableEvent } from './cells.ts';
import { changeLeg, sentLeg } from './draft.ts';
import type { Context, Draft } from './draft.ts';
import { applyEffect } from './effects/index.ts';
import { enter, raiseStray, strayNewLeg } from './ends.ts';
import { withFee } from './executions.ts';
import { GUARDS } from './guards.ts';
import { entered, journalOf } from './journal.ts';
import { classify, sortMail } from './mail.ts';
import type { MachineEvent, OrderMachine, Transition, TransitionVerdict, VenueProfile } from './model.ts';
import { SPOT_PROFILE } from './profiles.ts';
import { inDoubt } from './projections.ts';
import { stateByQuantity } from './quantities.ts';
import { CELLS } from './table.ts';

/**
 * Folds one event into the order: sorts the mail, asks the table, applies what its cell says. Pure, and total: any
 * event in any order, any number of times. Nothing is thrown; an illegal event gives the verdict `bug`, changes
 * nothing and carries an alarm.
 */
export function evolve(order: OrderMachine, event: MachineEvent, profile: VenueProfile = SPOT_PROFILE): Transition {
  if (event.type === 'Created' || event.type === 'Adopted')
    return unchanged(order, 'bug', `${event.type} for an order that exists`);
  const told =
    event.type === 'PartialFill' || event.type === 'Fill' ? withFee(order.executions, event.execution) : null;
  if (told !== null) return unchanged({ ...order, executions: told }, 'kept', null);
  const [first, ...rest] = sortMail(order, event);
  if (first === undefined) return unchanged(order, 'kept', null);
  return rest.reduce((done, next) => join(done, step(done.order, next, profile)), step(order, first, profile));
}

const unchanged = (
  order: OrderMachine,
  verdict: TransitionVerdict,
  alarm: string | null,
  refusal: string | null = null,
): Transition => ({ order, verdict, alarm, refusal, journal: [] });

/** Several steps for one piece of mail: the verdict that says most, all alarms, all lines. */
function join(done: Transition, next: Transition): Transition {
  return {
    order: next.order,
    verdict: next.verdict === 'kept' || done.verdict === 'moved' ? done.verdict : next.verdict,
    alarm: done.alarm === null ? next.alarm : next.alarm === null ? done.alarm : `${done.alarm}; ${next.alarm}`,
    refusal: next.refusal,
    journal: [...done.journal, ...next.journal],
  };
}

/** The row of the table. What we concluded ourselves is told apart from what the venue said. */
function cellOf(order: OrderMachine, event: TableEvent): ParsedCell | null {
  const ended = order.life === 'CANCELLED' || order.life === 'EXPIRED' || order.life === 'REJECTED';
  const row = ended && order.end?.saidBy === 'us' ? 'FAILED' : order.life;
  return CELLS[row].get(event.type) ?? null;
}

/** One event through the table. Mail must be sorted before. */
function step(order: OrderMachine, mail: TableEvent, profile: VenueProfile): Transition {
  const event = classify(order, mail);
  const cell = cellOf(order, event);
  const outcome = cell === null ? null : choose(cell, order, event, profile);
  const where = `${event.type} in ${order.life}`;
  if (outcome === null) return unchanged(order, 'bug', `${where} is impossible`);
  switch (outcome.kind) {
    case 'refuse':
      return unchanged(order, 'refused', null, refusalText(order, event));
    case 'odd':
      return unchanged(order, 'odd', `${where}: the venue contradicts itself`);
    case 'as SUBMITTED':
      return asSubmitted(order, event, profile);
    default:
      return change(order, event, outcome, profile);
  }
}

const KEEP: Outcome = { kind: 'keep', target: null, alarm: false };

function choose(cell: ParsedCell, order: OrderMachine, event: TableEvent, profile: VenueProfile): Outcome | null {
  if (cell.guard === null) return cell.outcomes[0];
  const choice = GUARDS[cell.guard]?.(order, event, profile) ?? 'bug';
  if (choice === 'bug') return null;
  if (choice === 'keep') return KEEP;
  return cell.outcomes[choice] ?? null;
}

function change(order: OrderMachine, event: TableEvent, outcome: Outcome, profile: VenueProfile): Transition {
  const draft: Draft = { ...order };
  const alarms: string[] = outcome.alarm ? [`${event.type} in ${order.life}`] : [];
  const context: Context = { profile, alarm: (reason) => alarms.push(reason) };
  // Which order a contradiction speaks of is not known: its id is not taken for ours.
  if (outcome.kind !== 'odd, rest in doubt') learnVenueId(draft, event);
  switch (outcome.kind) {
    case 'go':
      applyEffect(draft, event, context);
      enter(draft, outcome.target, event, context);
      break;
    case 'qty':
      applyEffect(draft, event, context);
      enter(draft, stateByQuantity(draft), event, context);
      break;
    case 'stay':
      applyEffect(draft, event, context);
      break;
    case 'odd, rest in doubt':
      alarms.push(`${event.type} in ${order.life}: the venue contradicts itself`);
      draft.restInDoubt = true;
      break;
    case 'stray':
      if (event.type === 'LegPlaced') strayNewLeg(draft);
      raiseStray(draft, event);
      break;
    case 'keep':
    case 'refuse':
    case 'odd':
    case 'as SUBMITTED':
      break;
  }
  const doubt = inDoubt(draft);
  if (doubt !== (draft.unknownSince !== null)) draft.unknownSince = doubt ? event.at : null;
  return conclude(order, draft, event, outcome, alarms);
}

function conclude(
  order: OrderMachine,
  draft: Draft,
  event: TableEvent,
  outcome: Outcome,
  alarms: readonly string[],
): Transition {
  const changed = (Object.keys(draft) as (keyof OrderMachine)[]).some((key) => draft[key] !== order[key]);
  const after = changed ? draft : order;
  const alarm = alarms.length === 0 ? null : alarms.join('; ');
  const idle = outcome.kind === 'keep' || (!changed && alarm === null);
  const verdict: TransitionVerdict = outcome.kind === 'odd, rest in doubt' ? 'odd' : idle ? 'kept' : 'stayed';
  return {
    order: after,
    verdict: after.life === order.life ? verdict : 'moved',
    alarm,
    refusal: null,
    journal: journalOf(order, after, event),
  };
}

/** The venue knows an order that was never recorded as sent: it is taken as sent, so that nothing is sent twice. */
function asSubmitted(order: OrderMachine, event: TableEvent, profile: VenueProfile): Transition {
  const venueClientId = 'venueClientId' in event && event.venueClientId !== undefined ? event.venueClientId : '';
  const leg = sentLeg(order.terms, { venueClientId, deadlineAt: event.at }, event);
  const submitted: OrderMachine = { ...order, life: 'SUBMITTED', legs: [leg] };
  const known: Transition = {
    order: submitted,
    verdict: 'moved',
    alarm: `${event.type} in ${order.life}: the venue knows an order that was never recorded as sent`,
    refusal: null,
    journal: [entered(order.life, 'SUBMITTED', null)],
  };
  return join(known, step(submitted, event, profile));
}

/**
 * Every id that the venue ever gave leads to the order. A late first id does not pass for the current one; but while a
 * stop waits, another id is that of the order which its trigger placed, and the current one from then on.
 */
function learnVenueId(draft: Draft, event: TableEvent): void {
  const id = venueIdOf(event);
  if (id === null || draft.legs.some((leg) => leg.venueOrderIds.includes(id))) return;
  const clientId = 'venueClientId' in event ? event.venueClientId : undefined;
  const named = draft.legs.findIndex((leg) => leg.venueClientId === clientId);
  const index = named === -1 ? draft.legs.length - 1 : named;
  const leg = draft.legs[index];
  if (leg === undefined) return;
  const isCurrent = event.type === 'StrayFound' || !draft.working;
  const venueOrderIds = isCurrent ? [...leg.venueOrderIds, id] : [id, ...leg.venueOrderIds];
  changeLeg(draft, index, { venueOrderIds });
}

function venueIdOf(event: TableEvent): string | null {
  if (event.type === 'PartialFill' || event.type === 'Fill') return event.execution.venueOrderId;
  return ('venueOrderId' in event ? event.venueOrderId : null) ?? null;
}

function refusalText(order: OrderMachine, event: TableEvent): string {
  if (event.type === 'ReplaceRequested' && order.life !== 'FILLED' && order.end === null)
    return 'a cancel is open: the order can not be changed any more';
  return `the order is ${order.life}`;
}
