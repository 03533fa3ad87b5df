export * from './hooked-ledger.ts';
export * from './world.ts';
