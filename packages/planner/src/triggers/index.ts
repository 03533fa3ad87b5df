export { TriggerBook } from './book.ts';
export type { Armed, Fired, Hit, Print } from './model.ts';
export { replay } from './replay.ts';
