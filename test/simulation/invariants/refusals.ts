import type { MachineEvent } from '@orderplane/state-machine';
import type { CommandTime } from '@orderplane/store';

/** Says what is broken: the rule's number, the rule, and what happened. */
type Fail = (id: string, says: string, what: string) => void;

const FINAL = 'what was refused is never carried out, by no try made before the refusal';
const IN_TIME = 'nothing is placed when the time of its command is over';

const nameOf = (accountId: string, clientOrderId: string): string => `${accountId} ${clientOrderId}`;

/**
 * What callers were told "no" to, held against what is written, at any time afterwards and before: a refusal is told when it
 * is final. What is in no books reaches no exchange (I21).
 */
export class Refusals {
  /** When the newest try that was refused was given, by the name of the order. */
  readonly #refusedAtMs = new Map<string, number>();
  /** When the try that placed it was given. */
  readonly #placedByMs = new Map<string, number>();
  readonly #refusedCommands = new Set<string>();
  readonly #fail: Fail;

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  /** A caller is told that his order is refused. */
  told(accountId: string, clientOrderId: string, issuedAtMs: number): void {
    const name = nameOf(accountId, clientOrderId);
    this.#refusedAtMs.set(name, Math.max(issuedAtMs, this.#refusedAtMs.get(name) ?? 0));
    this.#judge(name);
  }

  /** An order has just been written, for a command of this time. */
  placed(accountId: string, clientOrderId: string, time: CommandTime | undefined, nowMs: number): void {
    if (time === undefined) return;
    const name = nameOf(accountId, clientOrderId);
    if (nowMs > Date.parse(time.expiresAt)) this.#fail('R2', IN_TIME, `${name}, ${time.expiresAt}`);
    this.#placedByMs.set(name, Date.parse(time.issuedAt));
    this.#judge(name);
  }

  /** A caller is told that his change or cancel is refused; `requests`: those of its order by now. */
  toldOfCommand(commandId: string, requests: readonly { readonly id: string }[]): void {
    this.#refusedCommands.add(commandId);
    if (requests.some(({ id }) => id === commandId)) this.#fail('R1', FINAL, `${commandId} was in the books before`);
  }

  written(events: readonly MachineEvent[]): void {
    for (const event of events)
      if (event.type === 'CancelRequested' || event.type === 'ReplaceRequested')
        if (this.#refusedCommands.has(event.requestId)) this.#fail('R1', FINAL, `${event.requestId} is carried out`);
  }

  #judge(name: string): void {
    const placedByMs = this.#placedByMs.get(name) ?? Infinity;
    if (placedByMs <= (this.#refusedAtMs.get(name) ?? -Infinity)) this.#fail('R1', FINAL, `${name} is placed`);
  }
}
