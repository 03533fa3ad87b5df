import { request } from './client.ts';
import type { Endpoint } from './client.ts';

/** How an order shows that something about it is not known. */
export interface DoubtView {
  readonly id: string;
  readonly state: string;
  readonly exchangeOrderId: string | null;
  readonly reconciliation: {
    readonly status: string;
    readonly unknownSince: string | null;
    readonly tried: readonly { readonly kind: string; readonly result: string }[];
    readonly attention: string | null;
  };
}

/** The newest two hundred orders of the account. */
export const readDoubts = async (endpoint: Endpoint, accountId: string): Promise<readonly DoubtView[]> =>
  (
    await request<{ orders: { nodes: DoubtView[] } }>(
      endpoint,
      `query ($filter: OrderFilter) { orders(filter: $filter, first: 200) {
        nodes { id state exchangeOrderId reconciliation { status unknownSince tried { kind result } attention } } } }`,
      { filter: { accountIds: [accountId] } },
    )
  ).orders.nodes;

export interface UnattributedView {
  readonly pendingCount: number;
  readonly nodes: readonly { readonly exchangeOrderId: string; readonly tries: number }[];
}

/** Executions of the account that belong to no order. */
export const unattributed = async (endpoint: Endpoint, accountId: string): Promise<UnattributedView> =>
  (
    await request<{ account: { unattributedFills: UnattributedView } }>(
      endpoint,
      'query ($id: ID!) { account(id: $id) { unattributedFills { pendingCount nodes { exchangeOrderId tries } } } }',
      { id: accountId },
    )
  ).account.unattributedFills;
