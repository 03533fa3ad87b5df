import { balancesFrom } from '../../funds.ts';

/** `BalanceEx` and not `Balance`: only it says what open orders hold. */
export const krakenFunds = balancesFrom('privatePostBalanceEx');
