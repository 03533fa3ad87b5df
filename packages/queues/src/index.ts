export * from './connection.ts';
export * from './contract.ts';
export * from './contracts.ts';
export * from './channels.ts';
export * from './producer.ts';
export * from './worker.ts';
export * from './wake.ts';
