import { Addresses } from './addresses.ts';
import { Caller } from './caller.ts';
import type { CallOptions } from './caller.ts';
import type { TypedDocument } from './document.ts';
import { OrderplaneError } from './errors.ts';
import type { FeedSettings, SubscribeOptions } from './feed.ts';
import type { Fetch } from './http.ts';
import * as documents from './operations.generated.ts';
import type {
  AlertsQueryVariables,
  BalancesQueryVariables,
  CancelAllInput,
  CreateAlertInput,
  CredentialsInput,
  LinkAccountInput,
  MarketsQueryVariables,
  ModifyOrderInput,
  OpenOrdersQueryVariables,
  OrderFilter,
  OrderStoryQueryVariables,
  PlaceOrderGroupInput,
  PlaceOrderInput,
  PrivacyInput,
  SessionTransitionInput,
} from './operations.generated.ts';
import { cancelAllOrders, cancelOrder, modifyOrder, placeOrder, placeOrderGroup, readOrder } from './orders.ts';
import type { Order, OrderGroup, PlaceOutcome } from './orders.ts';
import { outcomeOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import type { WebSocketConstructor } from './socket.ts';
import type { Pauses } from './timing.ts';
import { followAlerts, followOrders, followTicker } from './updates.ts';
import type { Alert, AlertUpdate, AlertUpdatesOptions, OrderUpdate, OrderUpdatesOptions, Ticker } from './updates.ts';

export interface ClientOptions {
  /** GraphQL addresses (http or https) of one system: the first one that works is used. */
  readonly urls: string | readonly string[];
  /** `op_…`, or a function that gives the present one: asked before every request and connection. */
  readonly token: string | (() => string | Promise<string>);
  /** Default: the global one. */
  readonly fetch?: Fetch;
  /** Default: the global one. Node before 22 has none: `import { WebSocket } from 'ws'`. */
  readonly WebSocket?: WebSocketConstructor;
  /** Every call ends within this, with a result or an error; default 30,000 ms. */
  readonly deadlineMs?: number;
  /** Longest wait for one answer where the request can be repeated; default 10,000 ms, above the service's own limits. */
  readonly tryMs?: number;
  /** Between two connections of a subscription; default 250 ms, doubled with each failure, to 15 s. */
  readonly pauses?: Pauses;
  /** Client order ids for orders that come without; default: UUIDs. */
  readonly newId?: () => string;
}

export type Account = documents.AccountFieldsFragment;
export type Session = documents.SessionFieldsFragment;
export type Exposure = documents.ExposureQuery['exposure'];
export type Balances = documents.BalancesQuery['balances'];
export type Sync = documents.SyncFieldsFragment;
export type Market = documents.MarketsQuery['markets'][number];
export type Exchange = documents.ExchangesQuery['exchanges'][number];
export type OrderStory = NonNullable<documents.OrderStoryQuery['order']>;

export interface Page<Item> {
  readonly nodes: readonly Item[];
  /** Null: this was the last page. */
  readonly next: string | null;
}

const SAFE = { isSafe: true } as const;

/**
 * The service as a typed object. Expected refusals come as results (`ok: false`), everything else is thrown as
 * OrderplaneError. Every call ends by its deadline and may be aborted.
 */
export class OrderplaneClient {
  readonly #caller: Caller;
  readonly #feeds: () => FeedSettings;
  readonly #newId: () => string;
  readonly #closing = new AbortController();

  /** Throws TypeError where an option makes no sense. */
  constructor(options: ClientOptions) {
    const addresses = new Addresses(options.urls);
    const { signal } = this.#closing;
    const token = tokenSource(options.token);
    const { deadlineMs = 30_000, tryMs = 10_000, pauses = { firstMs: 250, lastMs: 15_000 } } = options;
    const fetch = options.fetch ?? globalFetch();
    this.#caller = new Caller({ addresses, fetch, token, deadlineMs, tryMs, signal });
    this.#feeds = () => ({
      ...{ addresses, token, signal, pauses },
      WebSocket: options.WebSocket ?? globalWebSocket(),
    });
    this.#newId = options.newId ?? newUuid;
  }

  /** Ends all subscriptions; later calls fail with CLOSED. */
  close(): void {
    this.#closing.abort();
  }

  /** Any query or mutation, also of your own making. A mutation goes again only if it surely was not accepted. */
  async request<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: Variables,
    options?: CallOptions,
  ): Promise<Result> {
    const repetition = document.kind === 'query' ? SAFE : undefined;
    return (await this.#caller.call(document, variables, options, repetition)).result;
  }

  /** Places the order once, whatever becomes of the answers on the way. */
  placeOrder(input: PlaceOrderInput, options?: CallOptions): Promise<PlaceOutcome> {
    return placeOrder(this.#caller, this.#newId, input, options);
  }

  placeOrderGroup(input: PlaceOrderGroupInput, options?: CallOptions): Promise<Outcome<{ group: OrderGroup }>> {
    return placeOrderGroup(this.#caller, this.#newId, input, options);
  }

  modifyOrder(input: ModifyOrderInput, options?: CallOptions): Promise<Outcome<{ order: Order }>> {
    return modifyOrder(this.#caller, input, options);
  }

  cancelOrder(orderId: string, options?: CallOptions): Promise<Outcome<{ order: Order }>> {
    return cancelOrder(this.#caller, orderId, options);
  }

  cancelAllOrders(input: CancelAllInput, options?: CallOptions): Promise<Outcome<{ requested: readonly Order[] }>> {
    return cancelAllOrders(this.#caller, input, options);
  }

  order(id: string, options?: CallOptions): Promise<Order | null> {
    return readOrder(this.#caller, id, options);
  }

  /** The order that a client order id names; null: the account has none. */
  async orderByClientOrderId(accountId: string, clientOrderId: string, options?: CallOptions): Promise<Order | null> {
    const { nodes } = await this.ordersPage({ accountIds: [accountId], clientOrderId }, 1, null, options);
    return nodes[0] ?? null;
  }

  /** With legs, latency, and the first of its events and fills. */
  async orderStory(variables: OrderStoryQueryVariables, options?: CallOptions): Promise<OrderStory | null> {
    return (await this.request(documents.OrderStoryDocument, variables, options)).order;
  }

  /** Newest first; `after` is `next` of the page before. */
  async ordersPage(
    filter: OrderFilter,
    first: number,
    after: string | null,
    options?: CallOptions,
  ): Promise<Page<Order> & { readonly totalCount: number }> {
    const { orders } = await this.request(documents.OrdersDocument, { filter, first, after }, options);
    return { nodes: orders.nodes, next: nextOf(orders), totalCount: orders.totalCount };
  }

  /** All of them, newest first, read page by page as they are asked for. */
  async *orders(filter: OrderFilter = {}, options?: CallOptions): AsyncGenerator<Order, void> {
    let after: string | null = null;
    do {
      const page: Page<Order> = await this.ordersPage(filter, 200, after, options);
      yield* page.nodes;
      after = page.next;
    } while (after !== null);
  }

  /** Also with `userErrors` in it `orders` are those that are known; `fresh` and `complete` say how far to trust them. */
  async openOrders(variables: OpenOrdersQueryVariables, options?: CallOptions): Promise<Sync> {
    return (await this.request(documents.OpenOrdersDocument, variables, options)).openOrders;
  }

  async syncOrders(accountId: string, options?: CallOptions): Promise<Sync> {
    return (await this.#caller.call(documents.SyncOrdersDocument, { accountId }, options, SAFE)).result.syncOrders;
  }

  async orderGroup(id: string, options?: CallOptions): Promise<OrderGroup | null> {
    return (await this.request(documents.OrderGroupDocument, { id }, options)).orderGroup;
  }

  /** Who is asking, by which token, and until when that holds. */
  async me(options?: CallOptions): Promise<documents.MeQuery['me']> {
    return (await this.request(documents.MeDocument, {}, options)).me;
  }

  async accounts(options?: CallOptions): Promise<readonly Account[]> {
    return (await this.request(documents.AccountsDocument, {}, options)).accounts;
  }

  async account(id: string, options?: CallOptions): Promise<Account | null> {
    return (await this.request(documents.AccountDocument, { id }, options)).account;
  }

  /** Sent once: after a lost answer look at `accounts`. */
  async linkAccount(input: LinkAccountInput, options?: CallOptions): Promise<Outcome<{ account: Account }>> {
    const { result, isAfterDoubt } = await this.#caller.call(documents.LinkAccountDocument, { input }, options);
    return outcomeOf({ result: result.linkAccount, isAfterDoubt }, ofAccount);
  }

  async rotateCredentials(
    accountId: string,
    credentials: CredentialsInput,
    options?: CallOptions,
  ): Promise<Outcome<{ session: Session | null; migrated: number }>> {
    const variables = { accountId, credentials };
    const { result, isAfterDoubt } = await this.#caller.call(documents.RotateCredentialsDocument, variables, options);
    return outcomeOf({ result: result.rotateCredentials, isAfterDoubt }, ({ session, migrated }) => ({
      session,
      migrated,
    }));
  }

  /** What the account's orders may still buy and sell, by symbol; dark orders count. */
  async exposure(accountId: string, options?: CallOptions): Promise<Exposure> {
    return (await this.request(documents.ExposureDocument, { accountId }, options)).exposure;
  }

  /** Also with `userErrors` in it the rest is what is known; `syncedAt`, `fresh` and `complete` say how far to trust it. */
  async balances(variables: BalancesQueryVariables, options?: CallOptions): Promise<Balances> {
    return (await this.request(documents.BalancesDocument, variables, options)).balances;
  }

  /** The chain of the account's sessions, newest first. */
  async sessions(accountId: string, first = 50, options?: CallOptions): Promise<readonly Session[]> {
    return (await this.request(documents.SessionsDocument, { accountId, first }, options)).sessions;
  }

  /** Sent once: after a lost answer look at `sessions`. */
  async transitionSession(
    input: SessionTransitionInput,
    options?: CallOptions,
  ): Promise<Outcome<{ session: Session; migrated: number }>> {
    const { result, isAfterDoubt } = await this.#caller.call(documents.TransitionSessionDocument, { input }, options);
    return outcomeOf(
      { result: result.transitionSession, isAfterDoubt },
      ({ session, migrated }) => session && { session, migrated },
    );
  }

  async unlinkAccount(accountId: string, options?: CallOptions): Promise<Outcome<{ account: Account }>> {
    const { result, isAfterDoubt } = await this.#caller.call(documents.UnlinkAccountDocument, { accountId }, options);
    return outcomeOf({ result: result.unlinkAccount, isAfterDoubt }, ofAccount);
  }

  /** The kill switch: repeated until the answer is there, or the deadline is. */
  async haltAccount(
    accountId: string,
    cancelOpen = true,
    options?: CallOptions,
  ): Promise<Outcome<{ account: Account }>> {
    const variables = { accountId, cancelOpen };
    const { result, isAfterDoubt } = await this.#caller.call(documents.HaltAccountDocument, variables, options, {
      isSafe: true,
      isOpen: ({ haltAccount: { userErrors } }) => userErrors.some(({ code }) => code === 'TIMEOUT'),
    });
    return outcomeOf({ result: result.haltAccount, isAfterDoubt }, ofAccount);
  }

  /** Has the exchange cancel the account's orders when it hears nothing for so long; null switches that off. */
  async setDeadMansSwitch(
    accountId: string,
    timeoutSeconds: number | null,
    options?: CallOptions,
  ): Promise<Outcome<{ account: Account }>> {
    const variables = { accountId, timeoutSeconds };
    const { result, isAfterDoubt } = await this.#caller.call(documents.SetDeadMansSwitchDocument, variables, options);
    return outcomeOf({ result: result.setDeadMansSwitch, isAfterDoubt }, ofAccount);
  }

  /** What is left out stays. Sent once: a late repeat could take back what was set after it. */
  async setPrivacy(input: PrivacyInput, options?: CallOptions): Promise<Outcome<{ account: Account }>> {
    const { result, isAfterDoubt } = await this.#caller.call(documents.SetPrivacyDocument, { input }, options);
    return outcomeOf({ result: result.setPrivacy, isAfterDoubt }, ofAccount);
  }

  /** Forgets the cached open orders. Repeated until the answer is there, or the deadline is: twice does no harm. */
  async clearOrderCache(accountId: string, options?: CallOptions): Promise<Outcome<{ account: Account }>> {
    const { result, isAfterDoubt } = await this.#caller.call(
      documents.ClearOrderCacheDocument,
      { accountId },
      options,
      {
        isSafe: true,
        isOpen: ({ clearOrderCache: { userErrors } }) => userErrors.some(({ code }) => code === 'TIMEOUT'),
      },
    );
    return outcomeOf({ result: result.clearOrderCache, isAfterDoubt }, ofAccount);
  }

  /** Sent once: a late repeat could take back a halt that came after it. */
  async resumeAccount(accountId: string, options?: CallOptions): Promise<Outcome<{ account: Account }>> {
    const { result, isAfterDoubt } = await this.#caller.call(documents.ResumeAccountDocument, { accountId }, options);
    return outcomeOf({ result: result.resumeAccount, isAfterDoubt }, ofAccount);
  }

  async exchanges(options?: CallOptions): Promise<readonly Exchange[]> {
    return (await this.request(documents.ExchangesDocument, {}, options)).exchanges;
  }

  async markets(variables: MarketsQueryVariables, options?: CallOptions): Promise<readonly Market[]> {
    return (await this.request(documents.MarketsDocument, variables, options)).markets;
  }

  async reconciler(options?: CallOptions): Promise<documents.ReconcilerQuery['reconciler']> {
    return (await this.request(documents.ReconcilerDocument, {}, options)).reconciler;
  }

  /** `alertUpdates` after this `cursor` tells all that the page does not show yet. */
  async alerts(
    variables: AlertsQueryVariables,
    options?: CallOptions,
  ): Promise<Page<Alert> & { readonly cursor: string }> {
    const { alerts } = await this.request(documents.AlertsDocument, variables, options);
    return { nodes: alerts.nodes, next: nextOf(alerts), cursor: alerts.cursor };
  }

  /** Sent once: alerts have no id of the caller's by which a repeat would be known. */
  async createAlert(input: CreateAlertInput, options?: CallOptions): Promise<Outcome<{ alert: Alert }>> {
    const { result, isAfterDoubt } = await this.#caller.call(documents.CreateAlertDocument, { input }, options);
    return outcomeOf({ result: result.createAlert, isAfterDoubt }, ({ alert }) => alert && { alert });
  }

  async cancelAlert(alertId: string, options?: CallOptions): Promise<Outcome<{ alert: Alert }>> {
    const { result, isAfterDoubt } = await this.#caller.call(documents.CancelAlertDocument, { alertId }, options);
    return outcomeOf({ result: result.cancelAlert, isAfterDoubt }, ({ alert }) => alert && { alert });
  }

  /** What these accounts' orders are, then everything that becomes of them. The connection is made with the first read. */
  orderUpdates(
    accountIds: readonly string[],
    options: OrderUpdatesOptions = {},
  ): AsyncIterableIterator<OrderUpdate, void> {
    return followOrders(this.#feeds(), accountIds, options);
  }

  ticker(exchange: string, symbol: string, options: SubscribeOptions = {}): AsyncIterableIterator<Ticker, void> {
    return followTicker(this.#feeds(), { exchange, symbol }, options);
  }

  /** Every change since `after` (the cursor of an update, or of `alerts`), once; without it from the connection on. */
  alertUpdates(
    accountIds: readonly string[],
    options: AlertUpdatesOptions = {},
  ): AsyncIterableIterator<AlertUpdate, void> {
    return followAlerts(this.#feeds(), accountIds, options);
  }
}

export const createClient = (options: ClientOptions): OrderplaneClient => new OrderplaneClient(options);

const ofAccount = ({ account }: { readonly account: Account | null }): { readonly account: Account } | null =>
  account === null ? null : { account };

const nextOf = ({ nodes, pageInfo }: { nodes: readonly unknown[]; pageInfo: documents.PageFieldsFragment }) =>
  // A page without rows would never end a loop.
  pageInfo.hasNextPage && nodes.length > 0 ? pageInfo.endCursor : null;

function tokenSource(token: ClientOptions['token']): () => Promise<string> {
  if (typeof token === 'string') return () => Promise.resolve(token);
  return async () => {
    try {
      return await token();
    } catch {
      // What it says could be the secret itself.
      throw new OrderplaneError({
        code: 'NO_TOKEN',
        message: 'the function that gives the token failed',
        mayHaveBeenAccepted: false,
        isPassing: true,
      });
    }
  };
}

interface Globals {
  readonly fetch?: Fetch;
  readonly WebSocket?: WebSocketConstructor;
  readonly crypto?: { readonly randomUUID?: () => string };
}
const globals = globalThis as unknown as Globals;

function globalFetch(): Fetch {
  const { fetch } = globals;
  if (fetch === undefined) throw new TypeError('there is no global fetch: give one');
  return (url, init) => fetch(url, init);
}

function globalWebSocket(): WebSocketConstructor {
  const { WebSocket } = globals;
  if (WebSocket === undefined) throw new TypeError('there is no global WebSocket: give one, e.g. that of "ws"');
  return WebSocket;
}

/** Node 18 has no global `crypto`, and browsers give UUIDs on secure pages only. */
function newUuid(): string {
  const uuid = globals.crypto?.randomUUID?.();
  if (uuid !== undefined) return uuid;
  const part = (): string => Math.floor(Math.random() * 36 ** 6).toString(36);
  return `${Date.now().toString(36)}-${part()}${part()}${part()}`;
}
