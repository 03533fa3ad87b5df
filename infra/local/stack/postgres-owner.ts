import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { EXIT, Failure } from '../bootstrap/failure.mjs';

/** How PostgreSQL's programs are run: it refuses to run as root, so root runs them as another user. */
export interface PostgresOwner {
  readonly uid?: number;
  readonly gid?: number;
  /** Put before the command line; may itself change the user. */
  readonly prefix: readonly string[];
  /** To whom the data directory must belong; null: to whom runs this. */
  readonly owns: { readonly uid: number; readonly gid: number } | null;
}

function idsOf(name: string): { readonly uid: number; readonly gid: number } | null {
  try {
    const ask = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: ask('-u'), gid: ask('-g') };
  } catch {
    return null;
  }
}

/**
 * An unprivileged user that exists already (nothing is added to the system): the one that owns the data, else "postgres",
 * else "nobody". When that user can't enter the checkout or the home (below /root, most often), it is given the right to
 * search directories for these processes only (setpriv, Linux).
 */
export function choosePostgresOwner(dataDirectory: string, home: string, binary: string): PostgresOwner {
  if (process.getuid?.() !== 0) return { prefix: [], owns: null };
  const existing = existsSync(dataDirectory) ? statSync(dataDirectory) : null;
  const ids = existing !== null && existing.uid !== 0 ? existing : (idsOf('postgres') ?? idsOf('nobody'));
  if (ids === null) {
    throw new Failure(EXIT.platform, 'PostgreSQL does not run as root, and there is no user "nobody" to run it as.', [
      'Run the command as an ordinary user.',
    ]);
  }
  const { uid, gid } = ids;
  const enters = (prefix: readonly string[], user: { uid?: number; gid?: number }): boolean => {
    const [command = '', ...args] = [...prefix, '/bin/sh', '-c', 'test -x "$0" && cd "$1"', binary, home];
    return spawnSync(command, args, { ...user, cwd: '/', stdio: 'ignore' }).status === 0;
  };
  if (enters([], { uid, gid })) return { uid, gid, prefix: [], owns: { uid, gid } };
  const right = '+dac_override';
  const prefix = [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    `--inh-caps=${right}`,
    `--ambient-caps=${right}`,
    '--',
  ];
  if (enters(prefix, {})) return { prefix, owns: { uid, gid } };
  throw new Failure(
    EXIT.permission,
    `PostgreSQL does not run as root, and the user ${uid} it would run as can't enter ${home} or ${binary}.`,
    [
      'Run the command as an ordinary user, or keep the checkout and the home where others may enter (not below /root).',
    ],
  );
}
