export * from './record.ts';
export * from './record-memory.ts';
export * from './match.ts';
export * from './adopt.ts';
export * from './observe.ts';
export * from './limits.ts';
export * from './commit-listener.ts';
export * from './account-contexts.ts';
export { showPauses } from './show-pauses.ts';
