import type { MutableOrder } from './book.ts';
import type { SimExecution, SimOrder } from './model.ts';

interface AccountFile {
  readonly all: MutableOrder[];
  readonly bySymbol: Map<string, MutableOrder[]>;
  readonly open: Map<string, MutableOrder>;
  readonly ended: MutableOrder[];
  /** The newest order of each client id. */
  readonly byClientId: Map<string, MutableOrder>;
  readonly executions: SimExecution[];
  readonly executionsBySymbol: Map<string, SimExecution[]>;
}

const NONE: readonly never[] = [];

function listOf<Item>(map: Map<string, Item[]>, key: string): Item[] {
  let list = map.get(key);
  if (list === undefined) map.set(key, (list = []));
  return list;
}

/** Everything the exchange ever held, found by id, by client id, and by account. Nothing is ever removed. */
export class Archive {
  readonly #orders = new Map<string, MutableOrder>();
  /** Further ids of orders that changed theirs. */
  readonly #otherIds = new Map<string, MutableOrder>();
  readonly #files = new Map<string, AccountFile>();
  readonly #executionsOf = new Map<string, SimExecution[]>();
  readonly allExecutions: SimExecution[] = [];

  get allOrders(): Iterable<MutableOrder> {
    return this.#orders.values();
  }
  get(orderId: string): MutableOrder | undefined {
    return this.#orders.get(orderId) ?? this.#otherIds.get(orderId);
  }
  byClientId(account: string, clientId: string): MutableOrder | undefined {
    return this.#files.get(account)?.byClientId.get(clientId);
  }
  openOf(account: string): Iterable<MutableOrder> {
    return this.#files.get(account)?.open.values() ?? NONE;
  }
  ordersOf(account: string, symbol?: string): readonly SimOrder[] {
    const file = this.#files.get(account);
    return (symbol === undefined ? file?.all : file?.bySymbol.get(symbol)) ?? NONE;
  }
  endedOf(account: string): readonly SimOrder[] {
    return this.#files.get(account)?.ended ?? NONE;
  }
  executionsOfAccount(account: string, symbol?: string): readonly SimExecution[] {
    const file = this.#files.get(account);
    return (symbol === undefined ? file?.executions : file?.executionsBySymbol.get(symbol)) ?? NONE;
  }
  executionsOf(orderId: string): readonly SimExecution[] {
    return this.#executionsOf.get(orderId) ?? NONE;
  }

  add(order: MutableOrder): void {
    this.#orders.set(order.id, order);
    const file = this.#file(order.account);
    file.all.push(order);
    listOf(file.bySymbol, order.symbol).push(order);
    if (order.clientId !== null) file.byClientId.set(order.clientId, order);
    if (order.status === 'OPEN') file.open.set(order.id, order);
    else file.ended.push(order);
  }

  /** Another id that leads to the order. */
  alias(order: MutableOrder, id: string): void {
    if (!this.#orders.has(id)) this.#otherIds.set(id, order);
  }

  /** The order goes on under another id; the old one leads to it too. */
  changeId(order: MutableOrder, id: string): void {
    const { open } = this.#file(order.account);
    open.delete(order.id);
    order.id = id;
    open.set(id, order);
    this.alias(order, id);
  }

  /** The old client id leads to the order too, until another order takes it. */
  rename(order: MutableOrder, clientId: string): void {
    order.clientId = clientId;
    this.#file(order.account).byClientId.set(clientId, order);
  }

  ended(order: MutableOrder): void {
    const file = this.#file(order.account);
    file.open.delete(order.id);
    file.ended.push(order);
  }

  addExecution(execution: SimExecution): void {
    this.allExecutions.push(execution);
    const file = this.#file(execution.account);
    file.executions.push(execution);
    listOf(file.executionsBySymbol, execution.symbol).push(execution);
    listOf(this.#executionsOf, execution.orderId).push(execution);
  }

  /** After a restore, in which orders arrive by number: histories by end must be sorted by end. */
  sortEnded(): void {
    for (const file of this.#files.values()) file.ended.sort((a, b) => (a.endNumber ?? 0) - (b.endNumber ?? 0));
  }

  clear(): void {
    this.#orders.clear();
    this.#otherIds.clear();
    this.#files.clear();
    this.#executionsOf.clear();
    this.allExecutions.length = 0;
  }

  #file(account: string): AccountFile {
    let file = this.#files.get(account);
    if (file === undefined) {
      file = {
        all: [],
        bySymbol: new Map(),
        open: new Map(),
        ended: [],
        byClientId: new Map(),
        executions: [],
        executionsBySymbol: new Map(),
      };
      this.#files.set(account, file);
    }
    return file;
  }
}
