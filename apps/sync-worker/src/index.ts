/** What this service does, without the servers around it: the simulation runs it on a model of them. */
export type { SyncContext } from './context.ts';
export type { Environment } from './environment.ts';
export { createHealthBoard } from './health-board.ts';
export { keyStanding } from './key-standing.ts';
export { openOrderStream, type OrderStream } from './order-stream.ts';
export { alertConsumer } from './prices/alerts.ts';
export { darkConsumer } from './prices/dark.ts';
export { createPriceDesk, type PriceDesk } from './prices/desk.ts';
export { RetentionKeeper, type RetentionContext } from './retention.ts';
export { createSyncDesk, type SyncDesk } from './sync-desk.ts';
