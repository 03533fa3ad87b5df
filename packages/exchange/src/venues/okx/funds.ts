import { balancesFrom } from '../../funds.ts';

export const okxFunds = balancesFrom('privateGetAccountBalance');
