import { randomUUID } from 'node:crypto';

/** Everything of one user's that has an id. */
export interface Belongings {
  readonly accountId: string;
  readonly orderId: string;
  readonly clientOrderId: string;
  readonly exchangeOrderId: string;
  readonly groupId: string;
  readonly alertId: string;
  readonly orderCursor: string;
  readonly eventCursor: string;
}

/** Ids of the same form that nothing has. */
export const nothing = (): Belongings => ({
  accountId: randomUUID(),
  orderId: randomUUID(),
  clientOrderId: randomUUID(),
  exchangeOrderId: '999999999',
  groupId: randomUUID(),
  alertId: randomUUID(),
  orderCursor: '',
  eventCursor: '',
});

const ERRORS = 'userErrors { code message field }';
const CREDENTIALS = { apiKey: 'k'.repeat(64), secret: 's'.repeat(64) };

/** The usual order at this part of the last price. */
type Buy = (factor: string) => Readonly<Record<string, unknown>> & { readonly symbol: string; readonly price: string };

export interface Probe {
  readonly field: string;
  readonly query: string;
  readonly variables: (of: Belongings) => Record<string, unknown>;
}
const probe = (field: string, query: string, variables: Probe['variables']): Probe => ({ field, query, variables });

/** Every field of Query and Mutation that takes an id, asked with one of somebody else. */
export const probes = (buy: Buy): readonly Probe[] => [
  probe('order', 'query ($id: ID!) { order(id: $id) { id state } }', ({ orderId: id }) => ({ id })),
  ...(['accountIds', 'groupId', 'clientOrderId', 'exchangeOrderId'] as const).map((name) =>
    probe('orders', 'query ($f: OrderFilter) { orders(filter: $f) { totalCount nodes { id } } }', (of) => ({
      f: { [name]: name === 'accountIds' ? [of.accountId] : of[name] },
    })),
  ),
  probe('openOrders', 'query ($id: ID!) { openOrders(accountId: $id) { orders { id } } }', ({ accountId: id }) => ({
    id,
  })),
  probe('orderGroup', 'query ($id: ID!) { orderGroup(id: $id) { id } }', ({ groupId: id }) => ({ id })),
  probe('account', 'query ($id: ID!) { account(id: $id) { id label } }', ({ accountId: id }) => ({ id })),
  probe('alerts', 'query ($id: ID!) { alerts(accountId: $id) { nodes { id } } }', ({ accountId: id }) => ({ id })),
  probe(
    'placeOrder',
    `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } ${ERRORS} } }`,
    ({ accountId, clientOrderId }) => ({ input: { accountId, clientOrderId, ...buy('0.9') } }),
  ),
  probe(
    'placeOrderGroup',
    `mutation ($input: PlaceOrderGroupInput!) { placeOrderGroup(input: $input) { group { id } ${ERRORS} } }`,
    ({ accountId }) => ({
      input: { kind: 'OCO', orders: ['0.9', '0.8'].map((factor) => ({ accountId, ...buy(factor) })) },
    }),
  ),
  probe(
    'modifyOrder',
    `mutation ($input: ModifyOrderInput!) { modifyOrder(input: $input) { order { id } ${ERRORS} } }`,
    ({ orderId }) => ({ input: { orderId, price: buy('0.85').price } }),
  ),
  probe('cancelOrder', `mutation ($id: ID!) { cancelOrder(orderId: $id) { order { id } ${ERRORS} } }`, (of) => ({
    id: of.orderId,
  })),
  probe(
    'cancelAllOrders',
    `mutation ($input: CancelAllInput!) { cancelAllOrders(input: $input) { requested { id } ${ERRORS} } }`,
    ({ accountId }) => ({ input: { accountId } }),
  ),
  probe(
    'createAlert',
    `mutation ($input: CreateAlertInput!) { createAlert(input: $input) { alert { id } ${ERRORS} } }`,
    ({ accountId }) => ({
      input: { accountId, symbol: buy('1').symbol, trigger: { direction: 'AT_OR_ABOVE', price: '1' } },
    }),
  ),
  probe('cancelAlert', `mutation ($id: ID!) { cancelAlert(alertId: $id) { alert { id } ${ERRORS} } }`, (of) => ({
    id: of.alertId,
  })),
  ...['syncOrders', 'unlinkAccount', 'haltAccount', 'resumeAccount', 'clearOrderCache'].map((field) =>
    probe(
      field,
      `mutation ($id: ID!) { ${field}(accountId: $id) { account { id } ${ERRORS} } }`,
      ({ accountId: id }) => ({ id }),
    ),
  ),
  probe('exposure', 'query ($id: ID!) { exposure(accountId: $id) { rows { symbol } } }', ({ accountId: id }) => ({
    id,
  })),
  probe('balances', 'query ($id: ID!) { balances(accountId: $id) { balances { asset } } }', ({ accountId: id }) => ({
    id,
  })),
  probe('sessions', 'query ($id: ID!) { sessions(accountId: $id) { id } }', ({ accountId: id }) => ({ id })),
  probe(
    'transitionSession',
    `mutation ($input: SessionTransitionInput!) { transitionSession(input: $input) { session { id } migrated ${ERRORS} } }`,
    ({ accountId }) => ({ input: { accountId, transition: 'REFRESH' } }),
  ),
  probe(
    'setDeadMansSwitch',
    `mutation ($id: ID!) { setDeadMansSwitch(accountId: $id, timeoutSeconds: 60) { account { id } ${ERRORS} } }`,
    ({ accountId: id }) => ({ id }),
  ),
  probe(
    'setRiskLimits',
    `mutation ($input: RiskInput!) { setRiskLimits(input: $input) { account { id } ${ERRORS} } }`,
    ({ accountId }) => ({ input: { accountId, maxOpenOrders: 1 } }),
  ),
  probe(
    'setPrivacy',
    `mutation ($input: PrivacyInput!) { setPrivacy(input: $input) { account { id } ${ERRORS} } }`,
    ({ accountId }) => ({ input: { accountId, cacheOpenOrders: false } }),
  ),
  probe(
    'rotateCredentials',
    `mutation ($id: ID!, $c: CredentialsInput!) { rotateCredentials(accountId: $id, credentials: $c) { ${ERRORS} } }`,
    ({ accountId: id }) => ({ id, c: CREDENTIALS }),
  ),
];
/** They take ids of users and tokens, and answer admins only. */
export const OF_ADMINS = new Set([
  'user',
  'apiTokens',
  'auditLog',
  'disableUser',
  'enableUser',
  'linkIdentity',
  'unlinkIdentity',
  'createApiToken',
  'revokeApiToken',
]);
