import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { readPages } from '../../pages.ts';
import type { FundsCall } from '../../venue.ts';

/** The largest page (documentation "List Accounts"). An account has one entry for each currency that it ever had. */
const PAGE = 250;

export const coinbaseFunds: FundsCall = async (link, ask) => {
  const call = endpoint(link.instance, 'v3PrivateGetBrokerageAccounts');
  const { items, pages, error } = await readPages(
    '',
    (cursor) => ask(() => call({ limit: PAGE, ...(cursor === '' ? {} : { cursor }) })),
    (payload) => {
      const read = link.read.funds('accounts', payload);
      const { cursor, has_next: hasNext } = isRecord(payload) ? payload : {};
      const goesOn = hasNext === true && typeof cursor === 'string' && cursor !== '';
      const cut = hasNext === true && !goesOn ? 'a page that names no next one' : null;
      return { items: read.balances, next: goesOn ? cursor : null, error: read.error ?? cut };
    },
  );
  return { balances: items, positions: [], pages, error };
};
