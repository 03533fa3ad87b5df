import type { Account } from '@orderplane/store';
import type { SyncContext } from './context.ts';

export interface FundsOutcome {
  /** When the newest complete reading was asked; null: it could not be read now. */
  readonly askedAt: string | null;
  readonly error: string | null;
}

/**
 * Reads what accounts own, at most once at a time for each: who asks shares a reading that was begun late enough for it, and
 * otherwise waits for the next, together with everybody else.
 */
export interface FundsDesk {
  /** A reading that was asked at `sinceMs` or later. Never throws. */
  request(account: Account, sinceMs: number): Promise<FundsOutcome>;
}

interface Running {
  readonly askedAtMs: number;
  readonly outcome: Promise<FundsOutcome>;
}

export function createFundsDesk(context: SyncContext): FundsDesk {
  const running = new Map<string, Running>();
  const start = (account: Account): Promise<FundsOutcome> => {
    const outcome = read(context, account).finally(() => running.delete(account.id));
    running.set(account.id, { askedAtMs: context.clock.now().getTime(), outcome });
    return outcome;
  };
  return {
    request: async (account, sinceMs) => {
      const known = await context.funds.of(account.id).catch(() => null);
      if (known !== null && Date.parse(known.askedAt) >= sinceMs) return { askedAt: known.askedAt, error: null };
      for (let active = running.get(account.id); active !== undefined; active = running.get(account.id)) {
        if (active.askedAtMs >= sinceMs) return active.outcome;
        await active.outcome;
      }
      return start(account);
    },
  };
}

/** Only a complete reading is kept: half of what is owned would make the other half look spent. */
async function read(context: SyncContext, account: Account): Promise<FundsOutcome> {
  try {
    const adapter = await context.adapters.get(account.id);
    const { showsBalances, showsPositions } = adapter.capabilities;
    if (!showsBalances && !showsPositions) return { askedAt: null, error: 'the exchange does not show it' };
    const { balances, positions, answeredAt, coverage } = await adapter.funds({
      timeoutMs: context.env.CALL_TIMEOUT_MS,
    });
    if (!coverage.complete) return { askedAt: null, error: coverage.error ?? 'no answer' };
    const { askedAt } = coverage;
    await context.funds.save({
      accountId: account.id,
      askedAt,
      answeredAt,
      balances: balances.map(({ asset, free, held }) => ({ asset, free, held })),
      positions: positions.map(({ symbol, size }) => ({ symbol, size })),
    });
    return { askedAt, error: null };
  } catch (error) {
    context.log.debug({ err: error, accountId: account.id }, 'what the account owns was not read');
    return { askedAt: null, error: error instanceof Error ? error.message.slice(0, 200) : String(error) };
  }
}
