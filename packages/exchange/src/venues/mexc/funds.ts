import { balancesFrom } from '../../funds.ts';

export const mexcFunds = balancesFrom('spotPrivateGetAccount');
