import type { SimExecution, SimOrder } from './model.ts';

/**
 * What the exchange's clients are not shown although it happened: orders that it has forgotten (exchanges keep unfilled
 * ones for a while only) and executions that its listings do not have yet. The ledger knows all of it.
 */
export class Veil {
  readonly #forgotten = new Set<string>();
  readonly #late = new Set<string>();

  /** Forgets an order, or remembers it again. */
  forget(orderId: string, isForgotten: boolean): void {
    if (isForgotten) this.#forgotten.add(orderId);
    else this.#forgotten.delete(orderId);
  }

  /** Holds the executions of an account back from every listing, or lists them from now on. */
  holdExecutions(account: string, isHeld: boolean): void {
    if (isHeld) this.#late.add(account);
    else this.#late.delete(account);
  }

  order(order: SimOrder | undefined): SimOrder | undefined {
    return order !== undefined && this.#forgotten.has(order.id) ? undefined : order;
  }

  orders(orders: readonly SimOrder[]): readonly SimOrder[] {
    return this.#forgotten.size === 0 ? orders : orders.filter((order) => !this.#forgotten.has(order.id));
  }

  executions(executions: readonly SimExecution[]): readonly SimExecution[] {
    return this.#late.size === 0 ? executions : executions.filter(({ account }) => !this.#late.has(account));
  }

  clear(): void {
    this.#forgotten.clear();
    this.#late.clear();
  }
}
