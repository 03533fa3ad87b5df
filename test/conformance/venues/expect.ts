import { isDeepStrictEqual } from 'node:util';

/** Something that a card requires does not hold: the message is the reason in the table. */
export class CardFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CardFailure';
  }
}

export const fail = (message: string): never => {
  throw new CardFailure(message);
};

export function ensure(holds: boolean, otherwise: string): asserts holds {
  if (!holds) fail(otherwise);
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  fail(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}
