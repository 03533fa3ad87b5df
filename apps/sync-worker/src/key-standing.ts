import type { Coverage, ExchangeAdapter } from '@orderplane/exchange';
import type { Account } from '@orderplane/store';
import type { SyncContext } from './context.ts';

/** Reads in a row that an exchange refuses because of the key before nothing is submitted with it any more. */
const REFUSED_IN_A_ROW = 2;

/** Whether the exchange takes each account's key, as its reads tell. */
export interface KeyStanding {
  /** After each look at the account. Never throws. */
  judge(account: Account, adapter: ExchangeAdapter, open: Coverage): Promise<void>;
}

/**
 * A key that the exchange refuses stops the account's submissions (the reconciler reads what is written here), instead of
 * having order after order refused. It is lifted by proof only: the exchange takes the key in a check that changes
 * nothing, and does not say that it may not trade. New credentials are read with at once, and so judged at once.
 */
export function keyStanding(context: Pick<SyncContext, 'observations' | 'clock' | 'env' | 'log'>): KeyStanding {
  const refusals = new Map<string, number>();
  const { observations, clock, env, log } = context;

  const refused = async ({ id }: Account, reason: string): Promise<void> => {
    const inARow = (refusals.get(id) ?? 0) + 1;
    refusals.set(id, inARow);
    if (inARow !== REFUSED_IN_A_ROW) return;
    await observations.setKeyRefused(id, reason.slice(0, 200), clock.iso());
    log.warn({ accountId: id }, 'the exchange does not take the key: nothing is submitted until it does');
  };
  const taken = async ({ id }: Account, adapter: ExchangeAdapter): Promise<void> => {
    refusals.delete(id);
    const [known] = await observations.accountHealth([id]);
    if (known === undefined || known.keyRefused === null) return;
    const verdict = await adapter.checkCredentials({ timeoutMs: env.CALL_TIMEOUT_MS });
    if (verdict.kind === 'accepted' && verdict.permissions.trade !== false) {
      await observations.setKeyRefused(id, null, clock.iso());
      log.info({ accountId: id }, 'the exchange takes the key again');
    }
  };
  return {
    judge: async (account, adapter, open) => {
      try {
        if (open.keyRefused === true) await refused(account, open.error ?? 'the key is refused');
        else if (open.complete) await taken(account, adapter);
      } catch (error) {
        // Not written, not counted: the next look says it again.
        refusals.delete(account.id);
        log.warn({ err: error, accountId: account.id }, 'the standing of a key was not written');
      }
    },
  };
}
