export * from './connection.ts';
export * from './contract.ts';
export * from './contracts.ts';
export * from './channels.ts';
export * from './producer.ts';
export * from './worker.ts';
export * from './wake.ts';
export { createRedisBudget, type RedisBudgetOptions } from './budget/redis-budget.ts';
export { readPauses, type StandingPause } from './budget/pauses.ts';
