import type { EventOf } from './cells.ts';
import type { Correction, Execution, OrderMachine } from './model.ts';

/**
 * The set of executions with its corrections, keyed by execution id: whatever the order of arrival and the number of
 * copies, the same set comes out. A bust or correction that comes before its execution waits for it.
 */
export type Book = Pick<OrderMachine, 'executions' | 'earlyCorrections'>;

type Reported = EventOf<'PartialFill' | 'Fill'>['execution'];

/** Books an execution that is not known yet, and applies what corrected it beforehand. */
export function book(before: Book, reported: Reported): Book {
  const execution: Execution = {
    id: reported.id,
    size: reported.size,
    price: reported.price,
    fee: reported.fee === null ? null : { currency: reported.fee.currency, cost: reported.fee.cost },
    liquidity: reported.liquidity,
    at: reported.at,
    venueOrderId: reported.venueOrderId,
    busted: false,
    correctedBy: null,
  };
  return applyEarly({ ...before, executions: [...before.executions, execution] }, execution.id);
}

/**
 * The executions with the fee of a known one that was told without it; null where nothing is learnt. Some streams tell
 * trades without their fees, which the exchange's lists name later.
 */
export function withFee(executions: readonly Execution[], reported: Reported): readonly Execution[] | null {
  const { fee } = reported;
  const known = executions.find((execution) => execution.id === reported.id);
  if (known === undefined || known.fee !== null || fee === null) return null;
  const complete = { ...known, fee: { currency: fee.currency, cost: fee.cost } };
  return executions.map((execution) => (execution === known ? complete : execution));
}

/** Takes a bust or a correction: at once if its execution is known, otherwise when that arrives. */
export function correct(before: Book, given: Correction): Book {
  if (knows(before, given.execRefId)) return apply(before, given);
  return { ...before, earlyCorrections: [...before.earlyCorrections, given] };
}

/** Whether the bust or correction has been seen: it waits, or it took effect. */
export function knowsCorrection(
  { executions, earlyCorrections }: Book,
  event: EventOf<'FillBusted' | 'FillCorrected'>,
): boolean {
  if (earlyCorrections.some((correction) => correction.execId === event.execId)) return true;
  if (event.type === 'FillCorrected') return executions.some((execution) => execution.id === event.execId);
  return executions.some((execution) => execution.id === event.execRefId && execution.busted);
}

export const knows = ({ executions }: Pick<Book, 'executions'>, id: string): boolean =>
  executions.some((execution) => execution.id === id);

/** A busted execution stays busted, and an id is given once: what contradicts that changes nothing. */
function apply(before: Book, given: Correction): Book {
  const target = newestVersion(before.executions, given.execRefId);
  if (target === undefined || target.busted) return before;
  const replaceTarget = (newer: Execution): readonly Execution[] =>
    before.executions.map((execution) => (execution === target ? newer : execution));
  if (given.kind === 'bust') return { ...before, executions: replaceTarget({ ...target, busted: true }) };
  if (knows(before, given.execId)) return before;
  const newer: Execution = {
    ...target,
    id: given.execId,
    size: given.size ?? target.size,
    price: given.price ?? target.price,
  };
  const executions = [...replaceTarget({ ...target, correctedBy: given.execId }), newer];
  return applyEarly({ ...before, executions }, given.execId);
}

/** Corrections name the latest version of what they change; one that names an older version means the latest too. */
function newestVersion(executions: readonly Execution[], id: string): Execution | undefined {
  let version = executions.find((execution) => execution.id === id);
  while (version !== undefined && version.correctedBy !== null) {
    const next: string = version.correctedBy;
    version = executions.find((execution) => execution.id === next);
  }
  return version;
}

/** Every early correction is taken off the list before it is applied, so this ends. */
function applyEarly(before: Book, id: string): Book {
  const early = before.earlyCorrections.find((candidate) => candidate.execRefId === id);
  if (early === undefined) return before;
  const earlyCorrections = before.earlyCorrections.filter((candidate) => candidate !== early);
  return applyEarly(apply({ ...before, earlyCorrections }, early), id);
}
