/** What this service does, without the servers around it: the simulation runs it on a model of them. */
export type { ReconcilerContext, Verdict } from './context.ts';
export { guarded, wakeNext } from './job.ts';
export { createKeyWatch } from './key-watch.ts';
export { resync } from './resync.ts';
export { lastCompleteSyncReader } from './sync-evidence.ts';
