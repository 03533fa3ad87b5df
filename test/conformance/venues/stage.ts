import { randomUUID } from 'node:crypto';
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { capabilitiesOf, drawCredentials } from '@orderplane/exchange/capabilities';
import type { ExchangeCapabilities } from '@orderplane/exchange/capabilities';
import { crashPointFile } from '@orderplane/service-kit';
import type { OrderMachine, MachineEvent } from '@orderplane/state-machine';
import {
  ENDED,
  cancelOrder,
  eventually,
  isQuiet,
  modifyOrder,
  ordersOf,
  placeOrder,
  readOrder,
  request,
} from '../../support/client.ts';
import type { OrderView, Payload } from '../../support/client.ts';
import type { Market } from '../../support/desk.ts';
import { eventTypes, readDetail } from '../../support/detail.ts';
import type { Detail } from '../../support/detail.ts';
import type { System } from '../../support/system.ts';
import type { Ledger, LedgerOrder, ReceivedRequest } from '../../support/venue.ts';
import { ensure, equal, fail } from './expect.ts';
import type { CardAccount } from './floor.ts';
import type { AnswerName, Profile } from './profile.ts';
import { armedIn } from './system.ts';

type Terms = Record<string, unknown>;
export type RequestKind = 'submit' | 'cancel' | 'amend' | 'query' | 'list' | 'other' | 'any';

/** How long anything may take that depends on no proof of absence. */
export const SOON_MS = 30_000;
/** The longest proof of absence (deadline, visibility, two look-ups, backoff) with room for a busy machine. */
export const PROOF_MS = 100_000;

interface StageParts {
  readonly system: System;
  readonly accounts: readonly CardAccount[];
  readonly markets: readonly Market[];
  readonly stranger: string;
  readonly profile: Profile;
  /** How long anything may take: longer while services are killed. */
  readonly patienceMs: number;
}

/** Where one card plays: its own accounts and markets, our public interface on one side, the exchange's operator on the other. */
export class Stage {
  readonly system: System;
  readonly exchange: ExchangeId;
  readonly capabilities: ExchangeCapabilities;
  readonly accounts: readonly CardAccount[];
  readonly account: CardAccount;
  readonly markets: readonly Market[];
  readonly market: Market;
  readonly #stranger: string;
  readonly #profile: Profile;
  readonly #patienceMs: number;
  readonly #before = new Set<string>();
  readonly #since = new Date().toISOString();

  constructor({ system, accounts, markets, stranger, profile, patienceMs }: StageParts) {
    this.#patienceMs = patienceMs;
    const [account] = accounts;
    const [market] = markets;
    if (account === undefined || market === undefined) throw new Error('a stage needs an account and a market');
    this.system = system;
    this.exchange = account.exchange;
    this.capabilities = capabilitiesOf(account.exchange);
    this.accounts = accounts;
    this.account = account;
    this.markets = markets;
    this.market = market;
    this.#stranger = stranger;
    this.#profile = profile;
  }

  /** The market of the card can't be used again in this run. */
  isSpoiled = false;

  /** Accounts are used by one card after the other: what is there before it begins is none of its business. */
  async begin(): Promise<void> {
    for (const account of this.accounts) for (const { id } of await this.orders(account)) this.#before.add(id);
  }

  get amends(): boolean {
    return this.capabilities.amend !== 'none';
  }
  /** What the exchange says of an order that its dead man's switch has cancelled; null: nothing of its own. */
  get deadMansWords(): string | null {
    return this.#profile.deadMan ?? null;
  }
  get pages(): NonNullable<Profile['pages']> {
    return this.#profile.pages ?? {};
  }

  // Our side

  /** A limit order that rests, with the usual size, unless the terms say otherwise. */
  limit(terms: Terms = {}): Terms {
    const { symbol, size } = this.market;
    return { symbol, side: 'BUY', type: 'LIMIT', size, price: this.market.at('0.9'), ...terms };
  }
  buyNow(terms: Terms = {}): Terms {
    return { symbol: this.market.symbol, side: 'BUY', type: 'MARKET', size: this.market.size, ...terms };
  }
  place(input: Terms, account = this.account): Promise<Payload> {
    return placeOrder(this.system.trader, { accountId: account.id, ...input });
  }
  /** Accepted by us. */
  async placed(input: Terms, account = this.account): Promise<OrderView> {
    const { order, userErrors } = await eventually(
      () => this.place(input, account),
      // A look at another account that fails makes the exchange seem away for a moment.
      (answer) => answer.userErrors[0]?.code !== 'EXCHANGE_UNAVAILABLE',
      'orders are taken',
    );
    return order !== null && userErrors.length === 0 ? order : fail(`not accepted: ${JSON.stringify(userErrors)}`);
  }
  async resting(terms: Terms = {}, account = this.account): Promise<OrderView> {
    const { id } = await this.placed(this.limit(terms), account);
    return this.reaches(id, 'ACKNOWLEDGED');
  }
  async denied(input: Terms, ...codes: readonly string[]): Promise<void> {
    const { order, userErrors } = await this.place(input);
    if (order !== null) fail(`accepted although it must be denied: ${JSON.stringify(input)}`);
    const code = userErrors[0]?.code ?? '';
    ensure(codes.includes(code), `the refusal of ${JSON.stringify(input)} is ${code}, not ${codes.join(' or ')}`);
  }
  async cancel(id: string): Promise<void> {
    const { userErrors } = await cancelOrder(this.system.trader, id);
    equal(userErrors, [], 'the answer to the cancel');
  }
  async modify(id: string, terms: Terms): Promise<void> {
    const { userErrors } = await modifyOrder(this.system.trader, { orderId: id, ...terms });
    equal(userErrors, [], 'the answer to the change');
  }
  async cancelAll(terms: Terms): Promise<void> {
    const { cancelAllOrders } = await request<{ cancelAllOrders: { userErrors: unknown[] } }>(
      this.system.trader,
      'mutation ($input: CancelAllInput!) { cancelAllOrders(input: $input) { userErrors { code message } } }',
      { input: { accountId: this.account.id, ...terms } },
    );
    equal(cancelAllOrders.userErrors, [], 'the answer to cancel all');
  }
  async halt(): Promise<void> {
    await this.#switch('haltAccount');
  }
  async resume(): Promise<void> {
    await this.#switch('resumeAccount');
  }
  async deadMansSwitch(timeoutSeconds: number | null): Promise<void> {
    const { setDeadMansSwitch } = await request<{ setDeadMansSwitch: { userErrors: unknown[] } }>(
      this.system.trader,
      'mutation ($id: ID!, $seconds: Int) { setDeadMansSwitch(accountId: $id, timeoutSeconds: $seconds) { userErrors { code message } } }',
      { id: this.account.id, seconds: timeoutSeconds },
    );
    equal(setDeadMansSwitch.userErrors, [], "the answer to the dead man's switch");
  }
  async #switch(mutation: 'haltAccount' | 'resumeAccount'): Promise<void> {
    const answer = await request<Record<string, { userErrors: unknown[] }>>(
      this.system.trader,
      `mutation ($id: ID!) { ${mutation}(accountId: $id) { userErrors { code message } } }`,
      { id: this.account.id },
    );
    equal(answer[mutation]?.userErrors, [], `the answer to ${mutation}`);
  }
  /** Gives the account another key: the exchange refuses the first one from then on. Gives what is received under the new one. */
  async rotate(): Promise<(kind: RequestKind) => Promise<readonly ReceivedRequest[]>> {
    const { apiKey, secret, passphrase } = drawCredentials(this.capabilities.credentials);
    const { rotateCredentials } = await request<{ rotateCredentials: { userErrors: unknown[] } }>(
      this.system.trader,
      'mutation ($id: ID!, $credentials: CredentialsInput!) { rotateCredentials(accountId: $id, credentials: $credentials) { userErrors { code message } } }',
      {
        id: this.account.id,
        credentials: { apiKey, secret, ...(passphrase === undefined ? {} : { passphrase }) },
      },
    );
    equal(rotateCredentials.userErrors, [], 'the answer to new credentials');
    return async (kind) => (await this.system.venue.requests(this.exchange, apiKey)).filter((one) => one.kind === kind);
  }
  async sync(account = this.account): Promise<{ readonly complete: boolean; readonly adopted: number }> {
    const { syncOrders } = await request<{ syncOrders: { complete: boolean; adopted: number } }>(
      this.system.trader,
      'mutation ($id: ID!) { syncOrders(accountId: $id) { complete adopted } }',
      { id: account.id },
    );
    return syncOrders;
  }
  async order(id: string): Promise<OrderView> {
    return (await readOrder(this.system.trader, id)) ?? fail(`order ${id} is gone`);
  }
  orders(account = this.account): Promise<readonly OrderView[]> {
    return ordersOf(this.system.trader, account.id);
  }
  /** Those that came into being since the card began. */
  async newOrders(account = this.account): Promise<readonly OrderView[]> {
    return (await this.orders(account)).filter(({ id }) => !this.#before.has(id));
  }
  detail(id: string): Promise<Detail> {
    return readDetail(this.system.trader, id);
  }
  /** Reads until the order is in `state`, with nothing on its way and nothing in doubt. */
  async reaches(id: string, state: string, timeoutMs = this.#patienceMs): Promise<OrderView> {
    const found = await eventually(
      () => this.order(id),
      (order) => isQuiet(order) && (order.state === state || (ENDED.has(order.state) && state !== 'FILLED')),
      `the order is ${state}`,
      timeoutMs,
    );
    return found.state === state ? found : fail(`the order is ${found.state} (${found.reason}) instead of ${state}`);
  }
  /** The life of the order as the journal tells it: changes of state, in order, each once. */
  async life(id: string): Promise<readonly string[]> {
    const { events } = await this.detail(id);
    return events.nodes.filter(({ fromState, toState }) => fromState !== toState).map(({ toState }) => toState);
  }
  async saw(id: string, event: string): Promise<boolean> {
    return eventTypes(await this.detail(id)).includes(event);
  }
  /** Reads until the journal has the event. */
  async tells(id: string, event: string, timeoutMs = SOON_MS): Promise<Detail> {
    return eventually(
      () => this.detail(id),
      (detail) => eventTypes(detail).includes(event),
      `the journal has ${event}`,
      timeoutMs,
    );
  }
  async machine(id: string): Promise<OrderMachine> {
    const record = await this.system.store.ledger.find(id);
    return record?.actual.machine ?? fail(`order ${id} is gone`);
  }
  async machineEvents(id: string): Promise<readonly MachineEvent[]> {
    return (await this.system.store.ledger.journalOf(id)).map(({ event }) => event);
  }
  /** The id under which the order's newest leg goes to the exchange, as soon as it has one. */
  async venueClientId(id: string): Promise<string> {
    const { legs } = await eventually(
      () => this.order(id),
      (order) => order.legs.length > 0,
      'the order has a leg',
    );
    return legs.at(-1)?.venueClientId ?? '';
  }
  until<Value>(
    read: () => Promise<Value>,
    accept: (value: Value) => boolean,
    what: string,
    ms = SOON_MS,
  ): Promise<Value> {
    return eventually(read, accept, what, ms);
  }

  // The exchange's side

  ledger(account = this.account): Promise<Ledger> {
    return this.system.venue.ledger(this.exchange, account.apiKey);
  }
  /** All orders of the exchange that were placed for this order of ours, oldest first. */
  async held(id: string): Promise<readonly LedgerOrder[]> {
    const ids = new Set((await this.order(id)).legs.map(({ venueClientId }) => venueClientId));
    return (await this.ledger()).orders.filter(({ clientId }) => clientId !== null && ids.has(clientId));
  }
  /** Exactly one order of the exchange belongs to this order of ours. */
  async heldOnce(id: string): Promise<LedgerOrder> {
    const [first, ...more] = await this.held(id);
    if (first === undefined) return fail('the ledger holds no such order');
    equal(more.length, 0, 'further orders in the ledger');
    return first;
  }
  /** What the exchange received of the account since the card began. */
  async received(kind: RequestKind, account = this.account): Promise<readonly ReceivedRequest[]> {
    const requests = await this.system.venue.requests(this.exchange, account.apiKey);
    return requests.filter((one) => one.at >= this.#since && (kind === 'any' || one.kind === kind));
  }
  /** Submissions under the order's own client ids. */
  async submissions(id: string): Promise<readonly ReceivedRequest[]> {
    const ids = new Set((await this.order(id)).legs.map(({ venueClientId }) => venueClientId));
    return (await this.received('submit')).filter(({ clientId }) => clientId !== null && ids.has(clientId));
  }
  /** A fault for this card's account only. */
  fault(fault: string, terms: Terms = {}): Promise<void> {
    return this.system.venue.fault({ exchange: this.exchange, account: this.account.apiKey, fault, ...terms });
  }
  /** The order stream says nothing for a while: what is known must come from answers and look-ups. */
  silently(ms = 2_500): Promise<void> {
    return this.fault('streamSilent', { ms });
  }
  /** What the card's account has at the exchange. */
  balance(asset: string, total: string): Promise<void> {
    const { apiKey, secret, passphrase } = this.account;
    return this.system.venue.register({
      exchange: this.exchange,
      apiKey,
      secret,
      passphrase,
      balances: { [asset]: total },
    });
  }
  /** The exchange answers with its own words instead of doing what it is asked. */
  answer(name: AnswerName, method: RequestKind, terms: Terms = {}): Promise<void> {
    const answer = this.#profile.answers[name];
    ensure(answer !== undefined, `the exchange's words for ${name} are missing`);
    return this.fault('rawAnswer', { method, process: false, times: 1, ...answer, ...terms });
  }
  async heal(): Promise<void> {
    for (const { apiKey } of this.accounts) await this.system.venue.heal(this.exchange, apiKey);
  }
  /** Everything at the price or better trades. */
  price(factor: string, market = this.market): Promise<void> {
    return this.system.venue.price(this.exchange, market.symbol, market.at(factor));
  }
  /** So much of what rests at the price trades. */
  fill(size: string, factor = '0.9', market = this.market): Promise<void> {
    return this.system.venue.partialPrice(this.exchange, market.symbol, market.at(factor), size);
  }
  /** The card's account used by somebody else. */
  outside(terms: Terms = {}, account = this.account): Promise<LedgerOrder> {
    return this.system.venue.outsideOrder({ exchange: this.exchange, apiKey: account.apiKey, ...this.limit(terms) });
  }
  /** Another participant. */
  other(terms: Terms): Promise<LedgerOrder> {
    return this.system.venue.outsideOrder({ exchange: this.exchange, apiKey: this.#stranger, ...this.limit(terms) });
  }
  venueCancels(exchangeOrderId: string): Promise<void> {
    return this.system.venue.outsideCancel(this.exchange, exchangeOrderId);
  }
  /** The next process that passes the step of this order is killed there. */
  crashAt(step: string, clientOrderId: string, signal = 'SIGKILL'): void {
    const directory = armedIn(this.system);
    const fresh = join(directory, `${randomUUID()}.new`);
    writeFileSync(fresh, `0 ${signal}`);
    // Written beside and renamed: the service must not see half a file.
    renameSync(fresh, join(directory, crashPointFile(step, clientOrderId)));
  }
  /** Takes back what is armed for the key. */
  disarm(key: string): void {
    const directory = armedIn(this.system);
    for (const file of readdirSync(directory))
      if (file.endsWith(`@${key}`)) rmSync(join(directory, file), { force: true });
  }
  async restart(service: string): Promise<void> {
    await this.system.stack.kill(service, { stayDown: true });
    await this.system.stack.up(service);
  }
  /** Prices stand still and nothing is limited, also after a restart of the simulator. */
  async calm(): Promise<void> {
    for (const exchange of EXCHANGE_IDS) {
      await this.system.venue.walk(exchange, false);
      await this.system.venue.limits(exchange, { enabled: false });
    }
  }
  /** Reconcilers that do not answer: a stopped process keeps its socket and says nothing. */
  async stopped(): Promise<readonly number[]> {
    const reconcilers = this.system.stack.info.processes.filter(({ name }) => name.startsWith('reconciler'));
    const silent = reconcilers.map(async ({ pid, health }) => {
      const answers = await fetch(`${health}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
        () => true,
        () => false,
      );
      return answers ? [] : [pid];
    });
    return (await Promise.all(silent)).flat();
  }
  wake(pids: readonly number[]): void {
    const running = new Set(this.system.stack.info.processes.map(({ pid }) => pid));
    for (const pid of pids) if (running.has(pid)) process.kill(pid, 'SIGCONT');
  }
  script(what: string, terms: Terms): Promise<void> {
    return this.system.venue.script(what, { exchange: this.exchange, ...terms });
  }
}

/** A pause that is part of a situation (something must stay as it is meanwhile), never a wait for something. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
