import { randomUUID } from 'node:crypto';
import type { OrderSpec } from '@orderplane/domain';
import { alertChannel, type CommandResult, type OrderCommand, type PlaceInput } from '@orderplane/queues';
import { born, evolve, type EventBody, type JournalEntry, type OrderMachine } from '@orderplane/state-machine';
import { journalChannel, type CommitResult, type JournalRecord, type OrderRecord, type Store } from '@orderplane/store';

const LIMIT_BUY: OrderSpec = {
  symbol: 'BTC-USDT',
  side: 'BUY',
  type: 'LIMIT',
  size: '2',
  quoteSize: null,
  price: '100',
  stopPrice: null,
  timeInForce: 'GTC',
  expiresAt: null,
  postOnly: false,
  reduceOnly: false,
};

interface Deps {
  readonly store: Store;
  readonly now: () => string;
  readonly publish: (channel: string, message: string) => void;
}

type PlaceGroup = Pick<Extract<OrderCommand, { kind: 'placeGroup' }>, 'onPartialFill' | 'orders'>;

interface NewOrderInput {
  readonly spec: Partial<OrderSpec>;
  readonly clientOrderId: string;
  readonly groupId?: string | null;
}

/** Writes orders as the services would: machine events through the store, then a wake-up. */
export class OrderBook {
  readonly #deps: Deps;
  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Places as order-command does for good input; the id of the new order. */
  async place(
    userId: string,
    accountId: string,
    spec: Partial<OrderSpec> = {},
    clientOrderId: string = randomUUID(),
  ): Promise<string> {
    const { record, journal } = this.#newOrder(userId, accountId, { spec, clientOrderId });
    this.#tell(await this.#deps.store.ledger.place(record, journal));
    return record.intent.orderId;
  }

  /** A group of these orders; its id. */
  async placeGroup(userId: string, { onPartialFill, orders }: PlaceGroup): Promise<string> {
    const groupId = randomUUID();
    const accountId = orders[0]?.accountId ?? '';
    const [requestHash, createdAt] = ['hash', this.#deps.now()];
    const group = {
      groupId,
      userId,
      accountId,
      kind: 'OCO',
      onPartialFill,
      requestHash,
      createdAt,
      conflict: null,
    } as const;
    const members = orders.map(({ accountId: _account, clientOrderId, mode: _mode, trigger: _trigger, ...spec }) =>
      this.#newOrder(userId, accountId, { spec, clientOrderId, groupId }),
    );
    for (const result of await this.#deps.store.ledger.groups.place(group, members)) this.#tell(result);
    return groupId;
  }

  #newOrder(
    userId: string,
    accountId: string,
    { spec, clientOrderId, groupId = null }: NewOrderInput,
  ): { readonly record: OrderRecord; readonly journal: JournalRecord[] } {
    const at = this.#deps.now();
    const full: OrderSpec = { ...LIMIT_BUY, ...spec };
    const journal: JournalRecord[] = [];
    const { size, quoteSize, price, stopPrice, type, timeInForce } = full;
    const created = {
      type: 'Created',
      kind: { type, timeInForce },
      terms: { size, quoteSize, price, stopPrice },
    } as const;
    const birth = born({ ...created, at, source: 'client' });
    journal.push({ event: { ...created, at, source: 'client' }, entries: birth.journal });
    const machine = this.#step(birth.order, { type: 'Validated' }, journal);
    const orderId = randomUUID();
    const record: OrderRecord = {
      intent: {
        orderId,
        accountId,
        userId,
        exchange: 'binance',
        clientOrderId,
        requestHash: 'hash',
        origin: 'API',
        mode: 'LIVE',
        generation: 1,
        spec: full,
        groupId,
        createdSessionId: null,
        sessionId: null,
        metadata: {},
        createdAt: at,
        updatedAt: at,
      },
      actual: {
        orderId,
        version: 1,
        machine,
        reconciliation: {
          status: 'PROGRESSING',
          observedGeneration: 0,
          attempts: 0,
          nextAttemptAt: null,
          lastError: null,
          lastEvidenceAt: null,
          absentLookups: [],
        },
        createdAt: at,
        updatedAt: at,
      },
    };
    return { record, journal };
  }

  /** What happened to the order, event by event, in one commit. */
  async apply(orderId: string, ...bodies: readonly EventBody[]): Promise<void> {
    const record = await this.#deps.store.ledger.find(orderId);
    if (record === null) throw new Error(`no order ${orderId}`);
    const journal: JournalRecord[] = [];
    let machine = record.actual.machine;
    for (const body of bodies) machine = this.#step(machine, body, journal);
    const result = await this.#deps.store.ledger.commit({
      orderId,
      expectedVersion: record.actual.version,
      machine,
      reconciliation: record.actual.reconciliation,
      journal,
      at: this.#deps.now(),
    });
    this.#tell(result);
  }

  async acknowledge(orderId: string): Promise<void> {
    const deadlineAt = this.#deps.now();
    await this.apply(orderId, { type: 'SubmitSent', venueClientId: `v-${orderId}`, deadlineAt });
    await this.apply(orderId, { type: 'Acknowledged', venueOrderId: `x-${orderId}` });
  }

  async fill(orderId: string, id: string, size: string, kind: 'PartialFill' | 'Fill' = 'PartialFill'): Promise<void> {
    const fee = { currency: 'USDT', cost: '0.1' };
    const at = this.#deps.now();
    const execution = { id, size, price: '100', fee, liquidity: 'TAKER', at, venueOrderId: `x-${orderId}` } as const;
    await this.apply(orderId, { type: kind, execution });
  }

  /** Answers commands as order-command would: only place and cancel, only with good input. */
  readonly answer = async (command: OrderCommand): Promise<CommandResult> => {
    const none = { orderIds: [], userErrors: [{ code: 'NOT_FOUND', message: 'not found', field: null }] } as const;
    const done = (orderIds: string[]): CommandResult => ({ orderIds, userErrors: [] });
    const own = await this.#deps.store.access.accountsOfUser(command.userId);
    switch (command.kind) {
      case 'place': {
        const { accountId, clientOrderId, mode: _mode, trigger: _trigger, ...spec }: PlaceInput = command.input;
        if (!own.some(({ id }) => id === accountId)) return { ...none, orderIds: [], userErrors: [...none.userErrors] };
        return done([await this.place(command.userId, accountId, spec, clientOrderId)]);
      }
      case 'placeGroup': {
        const groupId = await this.placeGroup(command.userId, command);
        const members = await this.#deps.store.ledger.groups.membersOf(command.userId, [groupId]);
        return done(members.map(({ intent }) => intent.orderId));
      }
      case 'cancel': {
        const record = await this.#deps.store.queries.byId(command.userId, command.orderId);
        if (record === null) return { orderIds: [], userErrors: [...none.userErrors] };
        const request = { requestId: randomUUID(), generation: 2, by: 'client' } as const;
        await this.apply(command.orderId, { type: 'CancelRequested', ...request });
        return done([command.orderId]);
      }
      case 'cancelAll':
        return done((await this.#deps.store.ledger.openOrders(command.accountId)).map(({ intent }) => intent.orderId));
      case 'modify':
      case 'fired':
        return done([command.orderId]);
      case 'unlink': {
        const at = this.#deps.now();
        const { kind } = await this.#deps.store.accounts.unlink(command.userId, command.accountId, at);
        return kind === 'unlinked' ? done([]) : { orderIds: [], userErrors: [...none.userErrors] };
      }
      case 'halt': {
        const halt = { cancelOpen: command.cancelOpen, at: this.#deps.now() };
        const { kind } = await this.#deps.store.accounts.halt(command.userId, command.accountId, halt);
        return kind === 'halted' ? done([]) : { orderIds: [], userErrors: [...none.userErrors] };
      }
      case 'resume': {
        const { kind } = await this.#deps.store.accounts.resume(command.userId, command.accountId);
        return kind === 'resumed' ? done([]) : { orderIds: [], userErrors: [...none.userErrors] };
      }
      case 'setDeadMansSwitch': {
        const { userId, accountId, timeoutSeconds } = command;
        const at = this.#deps.now();
        const { kind } = await this.#deps.store.deadMansSwitches.set(userId, accountId, timeoutSeconds, at);
        return kind === 'set' ? done([]) : { orderIds: [], userErrors: [...none.userErrors] };
      }
      case 'setPrivacy': {
        const { userId, accountId, change } = command;
        const { kind } = await this.#deps.store.accounts.setPrivacy(userId, accountId, change);
        return kind === 'set' ? done([]) : { orderIds: [], userErrors: [...none.userErrors] };
      }
      case 'clearOrderCache': {
        const { kind } = await this.#deps.store.accounts.renewCache(command.userId, command.accountId);
        return kind === 'set' ? done([]) : { orderIds: [], userErrors: [...none.userErrors] };
      }
      case 'createAlert': {
        const createdAt = this.#deps.now();
        const alert = { id: command.commandId, userId: command.userId, exchange: 'binance', createdAt } as const;
        await this.#deps.store.alerts.create({ ...alert, ...command.input }, 100);
        this.#deps.publish(alertChannel(command.input.accountId), '');
        return { ...done([]), alertIds: [command.commandId] };
      }
      case 'cancelAlert': {
        const { kind } = await this.#deps.store.alerts.cancel(command.userId, command.alertId, this.#deps.now());
        if (kind !== 'cancelled') return { orderIds: [], userErrors: [...none.userErrors] };
        return { ...done([]), alertIds: [command.alertId] };
      }
    }
  };

  #step(machine: OrderMachine, body: EventBody, journal: JournalRecord[]): OrderMachine {
    const event = { ...body, at: this.#deps.now(), source: 'exchange' } as const;
    const next: { order: OrderMachine; journal: readonly JournalEntry[] } = evolve(machine, event);
    journal.push({ event, entries: next.journal });
    return next.order;
  }

  #tell(result: CommitResult): void {
    if (result.kind !== 'committed') throw new Error('the order moved meanwhile');
    const { accountId, orderId } = result.record.intent;
    const wakeUp = {
      accountId,
      orderId,
      firstCursor: String(result.firstCursor),
      lastCursor: String(result.lastCursor),
    };
    this.#deps.publish(journalChannel(accountId), JSON.stringify(wakeUp));
  }
}
