export * from './model.ts';
export * from './profiles.ts';
export { counts, cumQty, effectiveExecutions, isComplete, stateByQuantity } from './quantities.ts';
export {
  averagePrice,
  canCancel,
  currentLeg,
  dialogStatus,
  feesByCurrency,
  filledOfLeg,
  filledValue,
  hasEnded,
  inDoubt,
  isActive,
  isDone,
  isOpenRequest,
  isTerminal,
  leavesQty,
  noLegLives,
  openCancel,
  openReplaces,
  openTwoSteps,
  ordStatus,
  overfill,
  ownCancel,
  pendingRequests,
  status,
  strayCancel,
  wishedTerms,
} from './projections.ts';
export type { DialogStatus, OrdStatus } from './projections.ts';
export { born, replay } from './birth.ts';
export type { Birth } from './birth.ts';
export { CELLS, TABLE } from './table.ts';
export type { Cell, TableEventType } from './cells.ts';
export { evolve } from './evolve.ts';
export { decide } from './decide.ts';
export type { DecideContext } from './decide.ts';
