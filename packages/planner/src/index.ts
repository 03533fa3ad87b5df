export * from './model.ts';
export { fold } from './fold.ts';
export * from './groups.ts';
export { FILL_TOLD_WITHIN_MS, groupTurn, holders, spentAsset, underWay, type Way } from './group-turns.ts';
export { bookedOn, Folding, type FoldContext, type Folded } from './folding.ts';
export * from './outcomes.ts';
export * from './overdue.ts';
export * from './plan.ts';
export * from './assess.ts';
export * from './absence.ts';
export * from './time.ts';
export {
  planSwitch,
  refreshEveryMs,
  type SaidOfSwitch,
  type SwitchFacts,
  type SwitchStep,
} from './dead-mans-switch.ts';
export * from './triggers/index.ts';
