import { balancesFrom } from '../../funds.ts';

/** All that is not zero in one answer (`GET /api/v3/account`, "Account information"). */
export const binanceFunds = balancesFrom('privateGetAccount', { omitZeroBalances: true });
