export * from './contracts.ts';
export {
  CredentialsError,
  CredentialsSchema,
  generateMasterKey,
  openCredentials,
  parseKeyRing,
  sealCredentials,
  MasterKeySchema,
} from './credentials.ts';
export type { Credentials, KeyRing } from './credentials.ts';
export { intakeKey, openIntake, sealForIntake } from './intake.ts';
export type { Intake } from './intake.ts';
export { exchangeSpec } from './exchange-spec.ts';
export { createMemoryStore } from './memory/index.ts';
export { migrate, MigrationError } from './migrate.ts';
export { CommitNotifier, journalChannel, JournalWakeUpSchema, parseJournalWakeUp } from './notifications.ts';
export type { JournalWakeUp } from './notifications.ts';
export { cacheScope, fenceKey, lastSyncKey, OpenOrderCache, openOrdersKey } from './open-order-cache.ts';
export type { CachedOpenOrders, CacheScope } from './open-order-cache.ts';
export { isUntold } from './order-rows.ts';
export { alertCursor, datedCursor, orderCursor, PAGE_LIMIT, unattributedFillId, WALK_LIMIT } from './paging.ts';
export { DATA_KEY_ENVIRONMENT, isSealed, PayloadError, payloadVault, PayloadVault } from './payloads/vault.ts';
export { rekeyPayloads, walkPayloads } from './payloads/walk.ts';
export { createPostgresStore } from './postgres/index.ts';
export type { PostgresOptions } from './postgres/index.ts';
export { databaseOutage } from './postgres/outage.ts';
export type { DatabaseOutage } from './postgres/outage.ts';
export { toNormalizedOrder } from './projection.ts';
export { reseal } from './reseal.ts';
export type { Resealed } from './reseal.ts';
export { createApiToken, hashToken, isApiToken } from './tokens.ts';
export type { ApiToken } from './tokens.ts';
