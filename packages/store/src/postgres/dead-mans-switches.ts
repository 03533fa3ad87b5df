import type { ArmedSwitch, DeadMansSwitch, DeadMansSwitchStore, SwitchSetting } from '../contracts.ts';
import type { DeadMansSwitch as Row, PrismaClient } from '../generated/client.ts';
import { storableText } from '../json.ts';
import { withRetry } from './errors.ts';

/** Some statements a minute for each account that has one: by key, through Prisma. */
export class PostgresDeadMansSwitchStore implements DeadMansSwitchStore {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** The journal's row first: an account that is being unlinked either has no switch, or is gone. */
  set(userId: string, accountId: string, timeoutSeconds: number | null, at: string): Promise<SwitchSetting> {
    return withRetry(() =>
      this.#prisma.$transaction(async (tx): Promise<SwitchSetting> => {
        await tx.$queryRaw`SELECT account_id FROM account_journals WHERE account_id = ${accountId} FOR UPDATE`;
        const account = await tx.account.findUnique({
          where: { id: accountId },
          select: { userId: true, unlinkedAt: true, deadMansSwitch: true },
        });
        if (account?.userId !== userId || account.unlinkedAt !== null) return { kind: 'notFound' };
        const before = account.deadMansSwitch;
        if ((before?.timeoutSeconds ?? null) === timeoutSeconds) {
          const none = { accountId, timeoutSeconds, armed: null, mayFireUntil: null, lastError: null };
          return { kind: 'set', deadMansSwitch: before === null ? none : toSwitch(before), again: true };
        }
        const changed = { timeoutSeconds, changedAt: at };
        const row = await tx.deadMansSwitch.upsert({
          where: { accountId },
          create: { accountId, ...changed },
          update: changed,
        });
        return { kind: 'set', deadMansSwitch: toSwitch(row), again: false };
      }),
    );
  }

  async of(accountIds: readonly string[]): Promise<readonly DeadMansSwitch[]> {
    const where = { accountId: { in: [...accountIds] } };
    const rows = await this.#prisma.deadMansSwitch.findMany({ where, orderBy: { accountId: 'asc' } });
    return rows.map(toSwitch);
  }

  async standing(): Promise<readonly DeadMansSwitch[]> {
    const rows = await this.#prisma.deadMansSwitch.findMany({
      where: {
        OR: [{ timeoutSeconds: { not: null } }, { mayFireUntil: { not: null } }],
        account: { unlinkedAt: null },
      },
      orderBy: { accountId: 'asc' },
    });
    return rows.map(toSwitch);
  }

  async mayFire(accountId: string, until: string): Promise<void> {
    await withRetry(
      () => this.#prisma.$executeRaw`
        UPDATE dead_mans_switches SET may_fire_until = GREATEST(may_fire_until, ${until}::timestamptz)
        WHERE account_id = ${accountId}`,
    );
  }

  async confirmed(accountId: string, armed: ArmedSwitch | null, seen: string | null): Promise<void> {
    await withRetry(
      () => this.#prisma.$executeRaw`
        UPDATE dead_mans_switches SET last_error = NULL,
          armed_seconds = ${armed?.timeoutSeconds ?? null}::int,
          refreshed_at = ${armed?.refreshedAt ?? null}::timestamptz,
          armed_until = ${armed?.until ?? null}::timestamptz,
          may_fire_until = CASE
            WHEN ${armed === null} AND may_fire_until IS NOT DISTINCT FROM ${seen}::timestamptz THEN NULL
            ELSE may_fire_until END
        WHERE account_id = ${accountId}`,
    );
  }

  async unconfirmed(accountId: string, error: string): Promise<void> {
    const lastError = storableText(error);
    await this.#prisma.deadMansSwitch.updateMany({ where: { accountId }, data: { lastError } });
  }
}

function toSwitch(row: Row): DeadMansSwitch {
  const { accountId, timeoutSeconds, armedSeconds, refreshedAt, armedUntil, mayFireUntil, lastError } = row;
  const armed =
    armedSeconds === null || refreshedAt === null || armedUntil === null
      ? null
      : { timeoutSeconds: armedSeconds, refreshedAt: refreshedAt.toISOString(), until: armedUntil.toISOString() };
  return { accountId, timeoutSeconds, armed, mayFireUntil: mayFireUntil?.toISOString() ?? null, lastError };
}
