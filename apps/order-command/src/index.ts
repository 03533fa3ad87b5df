/** What this service does, without the servers around it: the simulation runs it on a model of them. */
export type { CommandContext } from './context.ts';
export { handleOrSay } from './commands/handle.ts';
export { accountTroubles, marketDirectory, reachability } from './directories.ts';
export { openFundsBook } from './funds-book.ts';
