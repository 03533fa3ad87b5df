/** Exit codes, after sysexits.h: one for each kind of trouble that a person can act on. */
export const EXIT = {
  usage: 64,
  /** A host could not be reached. */
  unavailable: 69,
  /** A step failed for a reason that is not one of the others. */
  failed: 70,
  /** This machine or its Node can't run it. */
  platform: 71,
  cannotCreate: 73,
  diskFull: 74,
  /** A port or a home directory is in use: try again later, or with another one. */
  busy: 75,
  permission: 77,
  configuration: 78,
};

/** A failure that a person is told about in plain words: what is wrong, then what to do. Never shown with a stack. */
export class Failure extends Error {
  /**
   * @param {number} exitCode one of EXIT
   * @param {string} what one sentence
   * @param {readonly string[]} [todo] what to do, a line each
   * @param {unknown} [cause]
   */
  constructor(exitCode, what, todo = [], cause = undefined) {
    super(what, cause === undefined ? undefined : { cause });
    this.name = 'Failure';
    this.exitCode = exitCode;
    this.todo = todo;
  }
}

/**
 * The plain-words failure for an error of the operating system, when it is one of those that a person can mend.
 * @param {unknown} cause
 * @param {string} doing e.g. "writing to /home/me/.orderplane"
 * @returns {Failure | null}
 */
export function systemFailure(cause, doing) {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Failure(EXIT.diskFull, `The disk is full (${doing}).`, [
        'Free some space (the packages need about 1.5 GB, a home 200 MB and more with its orders), then run the command again.',
      ]);
    case 'EACCES':
    case 'EPERM':
      return new Failure(EXIT.permission, `No permission: ${doing}.`, [
        `Make it writable for this user, or use another directory (npm start -- --home DIR).`,
      ]);
    case 'EROFS':
      return new Failure(EXIT.permission, `The file system is read-only: ${doing}.`, [
        'Use a checkout and a home directory on a writable disk (npm start -- --home DIR).',
      ]);
    case 'ENOTDIR':
    case 'EEXIST':
      return new Failure(EXIT.cannotCreate, `A file is where a directory is needed: ${doing}.`, [
        'Move that file away, or use another directory (npm start -- --home DIR).',
      ]);
    default:
      return null;
  }
}

/**
 * Prints a failure for people and returns the exit code. An unexpected error keeps its stack.
 * @param {unknown} cause
 * @param {string} doing
 * @returns {number}
 */
export function explain(cause, doing) {
  const failure = cause instanceof Failure ? cause : systemFailure(cause, doing);
  if (failure === null) {
    console.error(`\n  Unexpected failure while ${doing}:`);
    console.error(cause);
    return EXIT.failed;
  }
  console.error(`\n  ${failure.message.replaceAll('\n', '\n  ')}`);
  for (const line of failure.todo) console.error(`  → ${line.replaceAll('\n', '\n    ')}`);
  console.error('');
  return failure.exitCode;
}
