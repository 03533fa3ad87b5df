export class NotFoundError extends Error {
  readonly id: string;
  constructor(what: string, id: string) {
    super(`${what} ${id} does not exist`);
    this.name = 'NotFoundError';
    this.id = id;
  }
}
export class AlreadyExistsError extends Error {
  readonly id: string;
  constructor(what: string, id: string) {
    super(`${what} ${id} already exists`);
    this.name = 'AlreadyExistsError';
    this.id = id;
  }
}

/** It belonged to an order that has ended and was purged: see `OrderLedger.purged`. */
export class PurgedError extends AlreadyExistsError {
  constructor(what: string, id: string) {
    super(`purged ${what}`, id);
    this.name = 'PurgedError';
  }
}

/** Nothing is placed on a halted account, and nothing is written that names `unlessHalted`. */
export class AccountHaltedError extends Error {
  readonly id: string;
  constructor(accountId: string) {
    super(`account ${accountId} is halted`);
    this.name = 'AccountHaltedError';
    this.id = accountId;
  }
}

/**
 * The command that would place the order must not do so any more: its time is over, or the same request was refused since
 * it was given, so that its caller takes it for refused. Nothing was written.
 */
export class CommandOverError extends Error {
  readonly reason: 'expired' | 'refused';
  constructor(clientOrderId: string, reason: 'expired' | 'refused') {
    super(`the command that would place ${clientOrderId} is over: ${reason}`);
    this.name = 'CommandOverError';
    this.reason = reason;
  }
}

/** A cursor that no list of this store gave out, or one whose row is gone. */
export class InvalidCursorError extends Error {
  readonly cursor: string;
  constructor(cursor: string) {
    super(`not a cursor of this list: ${cursor.slice(0, 80)}`);
    this.name = 'InvalidCursorError';
    this.cursor = cursor;
  }
}
