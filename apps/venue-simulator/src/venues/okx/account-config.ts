import { ownerNumber, permissionsOf } from '../../keys.ts';
import type { SimAccount } from '../protocol.ts';

/** GET account/config: a spot account, and what the key that asks may do. */
export function accountConfig(account: SimAccount): object {
  const { read, trade, withdraw } = permissionsOf(account);
  const uid = String(ownerNumber(account));
  const perm = [...(read ? ['read_only'] : []), ...(trade ? ['trade'] : []), ...(withdraw ? ['withdraw'] : [])];
  return {
    uid,
    mainUid: uid,
    acctLv: '1',
    posMode: 'net_mode',
    autoLoan: false,
    label: 'simulated',
    ip: '',
    perm: perm.join(','),
  };
}
