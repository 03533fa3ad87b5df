import { balancesFrom } from '../../funds.ts';

/** Of every kind of account: which of them orders draw on has changed over time (`trade`, `trade_hf`). */
export const kucoinFunds = balancesFrom('privateGetAccounts');
