export { everyText } from './arguments.ts';
export type { Case } from './case.ts';
export { documents, variables } from './documents.ts';
export { messages } from './messages.ts';
export { seeded } from './random.ts';
export { bodies, headers, tokens } from './requests.ts';
