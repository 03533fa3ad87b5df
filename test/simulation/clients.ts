import { divide, multiply, type OrderSpec } from '@orderplane/domain';
import { memberNumber } from './groups.ts';
import type { CommandResult, OrderCommand, PlaceInput } from '@orderplane/queues';
import type { Judge } from './judge.ts';
import type { SimQueue } from './queue.ts';
import type { Item, PlaceTerms } from './script.ts';
import type { Happening, Sightings } from './sightings.ts';
import type { Timeline } from './timeline.ts';
import type { SimExchange } from './venue/exchange.ts';
import { iso } from './timeline.ts';

const cents = (amount: number): string => divide(String(Math.max(1, Math.round(amount))), '100', 2);
export const userOf = (accountId: string): string => `user-${accountId}`;

/** The order that a script's terms mean at the market's price of now. */
export function specOf(terms: PlaceTerms, venue: SimExchange, nowMs: number): OrderSpec {
  const price = venue.price(terms.symbol);
  const sign = terms.side === 'BUY' ? 1 : -1;
  const isStop = terms.type === 'STOP_LIMIT' || terms.type === 'STOP_MARKET';
  const stop = price + sign * terms.stopOffset;
  const limit = isStop ? stop + sign * Math.abs(terms.priceOffset) : price + sign * terms.priceOffset;
  const size = cents(terms.sizeCents);
  return {
    symbol: terms.symbol,
    side: terms.side,
    type: terms.type,
    size: terms.quoteSized ? null : size,
    quoteSize: terms.quoteSized ? multiply(size, '100') : null,
    price: terms.type === 'LIMIT' || terms.type === 'STOP_LIMIT' ? cents(limit) : null,
    stopPrice: isStop ? cents(stop) : null,
    timeInForce: terms.timeInForce,
    expiresAt: terms.timeInForce === 'GTT' ? iso(nowMs + terms.expiresAfterMs) : null,
    postOnly: terms.postOnly,
    reduceOnly: false,
  };
}

/** Where it is to wait: a dark order for a price above the market's, or below it. */
function heldOf({ dark }: PlaceTerms, venue: SimExchange): Pick<PlaceInput, 'mode' | 'trigger'> {
  if (dark === undefined) return {};
  const { symbol, offset } = dark;
  const direction = offset > 0 ? 'AT_OR_ABOVE' : 'AT_OR_BELOW';
  return { mode: 'DARK', trigger: { symbol, source: 'LAST', direction, price: cents(venue.price(symbol) + offset) } };
}

interface Placed {
  readonly input: PlaceInput;
  orderId: string | null;
  /** The newest try. */
  commandId: string | null;
  /** What is to be done when it has been accepted. */
  readonly then: (() => void)[];
}

export interface ClientParts {
  readonly timeline: Timeline;
  readonly queue: SimQueue;
  readonly judge: Judge;
  readonly sightings: Sightings;
  readonly venues: readonly SimExchange[];
}

/** How a result is checked: what was confirmed to a caller must be in the books (I20). */
interface Sent {
  readonly command: Untimed<OrderCommand>;
  readonly confirmed: (result: CommandResult) => void;
  /** Told with the instant at which this try was given. */
  readonly refused?: (error: CommandResult['userErrors'][number], issuedAtMs: number) => void;
}
type Untimed<Command> = Command extends unknown ? Omit<Command, 'time'> : never;

/** Of the gateway: five seconds of waiting, and ten in which it may still be carried out. */
const LASTS_MS = 15_000;

/** One change in three of a dark order moves its trigger, too. */
function rearming(
  { index, priceShift }: Extract<Item, { kind: 'modify' }>,
  { trigger }: PlaceInput,
): Pick<Extract<OrderCommand, { kind: 'modify' }>, 'trigger'> {
  if (trigger === undefined || priceShift === null || index % 3 !== 0) return {};
  return { trigger: { ...trigger, price: cents(Number(trigger.price) * 100 + priceShift) } };
}

/** Everybody who gives commands. What they were promised they remember. */
export class Clients {
  readonly #parts: ClientParts;
  readonly #placed = new Map<number, Placed>();
  /** Accounts that a caller wants halted now. */
  readonly #halted = new Set<string>();
  /** Orders whose acceptance was confirmed. */
  readonly promised = new Map<string, { readonly accountId: string; readonly clientOrderId: string }>();
  /** Requests whose newest try was refused: their callers take them for refused. */
  readonly refused = new Set<Placed>();

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  place(item: Extract<Item, { kind: 'place' }>): void {
    const { venues, timeline } = this.#parts;
    const venue = venues[item.account];
    if (venue === undefined) return;
    const clientOrderId = `order-${item.index}`;
    const spec = specOf(item.terms, venue, timeline.nowMs);
    const input: PlaceInput = { ...spec, ...heldOf(item.terms, venue), accountId: venue.accountId, clientOrderId };
    const before = this.#placed.get(item.index);
    const placed: Placed = { input, orderId: null, commandId: null, then: before?.then ?? [] };
    this.#placed.set(item.index, placed);
    this.#sendPlace(placed, `place-${item.index}`);
  }

  /** All or none, and later perhaps the same request again. */
  placeGroup(item: Extract<Item, { kind: 'placeGroup' }>): void {
    const { venues, timeline } = this.#parts;
    const venue = venues[item.account];
    if (venue === undefined) return;
    const members = item.members.map((terms, position): Placed => {
      const spec = specOf(terms, venue, timeline.nowMs);
      const input = { ...spec, accountId: venue.accountId, clientOrderId: `group-${item.index}-${position}` };
      const placed: Placed = { input, orderId: null, commandId: null, then: [] };
      this.#placed.set(memberNumber(item.index, position), placed);
      return placed;
    });
    const command = {
      kind: 'placeGroup',
      userId: userOf(venue.accountId),
      groupKind: 'OCO',
      onPartialFill: item.onPartialFill,
      orders: members.map(({ input }) => input),
    } as const;
    const send = (commandId: string): void =>
      this.#send({
        command: { ...command, commandId },
        confirmed: ({ orderIds }) => {
          if (orderIds.length !== members.length)
            this.#parts.judge.fail('I20', 'a group is accepted whole', `${orderIds.length} of ${members.length}`);
          for (const [position, placed] of members.entries()) this.#accepted(placed, orderIds[position]);
        },
        refused: ({ message }, issuedAtMs) => {
          if (message.startsWith('this was placed before')) return;
          for (const { input } of members)
            this.#parts.judge.refusals.told(input.accountId, input.clientOrderId, issuedAtMs);
        },
      });
    send(`group-${item.index}`);
    if (item.repeatAfterMs !== null)
      timeline.after(item.repeatAfterMs, `client repeats group-${item.index}`, () => send(`group-${item.index}-again`));
  }

  /** The same request again, as a caller does who got no answer. */
  repeat(item: Extract<Item, { kind: 'cancel' | 'repeat' }>): void {
    const { timeline } = this.#parts;
    timeline.after(item.afterMs, `client repeats order-${item.of}`, () => {
      const placed = this.#placed.get(item.of);
      if (placed !== undefined) this.#sendPlace(placed, `place-${item.of}-again-${item.index}`);
    });
  }

  cancel(item: Extract<Item, { kind: 'cancel' | 'repeat' }>): void {
    this.#whenAccepted(item.of, item.afterMs, `client cancels order-${item.of}`, (orderId, input) =>
      this.#send({
        command: { kind: 'cancel', commandId: `cancel-${item.index}`, userId: userOf(input.accountId), orderId },
        confirmed: () => this.#mustKnow(orderId, (record) => record.requests.some(({ kind }) => kind === 'cancel')),
        refused: () => this.#refusedFor(orderId, `cancel-${item.index}`),
      }),
    );
  }

  modify(item: Extract<Item, { kind: 'modify' }>): void {
    this.#whenAccepted(item.of, item.afterMs, `client changes order-${item.of}`, (orderId, input) => {
      const commandId = `modify-${item.index}`;
      const shifted = (price: string | null): string | null =>
        price === null || item.priceShift === null ? null : cents(Number(price) * 100 + item.priceShift);
      const size =
        input.size === null || item.sizeFactor === null ? null : cents(Number(input.size) * 100 * item.sizeFactor);
      const command: Untimed<OrderCommand> = {
        kind: 'modify',
        commandId,
        userId: userOf(input.accountId),
        orderId,
        size,
        price: shifted(input.price),
        stopPrice: null,
        ...rearming(item, input),
      };
      this.#send({
        command,
        confirmed: () => this.#mustKnow(orderId, (m) => m.requests.some(({ id }) => id === commandId)),
        refused: () => this.#refusedFor(orderId, commandId),
      });
    });
  }

  cancelAll(item: Extract<Item, { kind: 'cancelAll' }>): void {
    const venue = this.#parts.venues[item.account];
    if (venue === undefined) return;
    const { accountId } = venue;
    const base = { commandId: `cancel-all-${item.index}`, userId: userOf(accountId), accountId };
    this.#send({ command: { ...base, kind: 'cancelAll', symbol: null, side: item.side }, confirmed: () => undefined });
  }

  /** The kill switch, and after a while its end. */
  halt(item: Extract<Item, { kind: 'halt' }>): void {
    const { judge, timeline, venues, sightings } = this.#parts;
    const accountId = venues[item.account]?.accountId ?? '';
    const commandId = `halt-${item.index}`;
    const { cancelOpen } = item;
    this.#halted.add(accountId);
    this.#send({
      command: { kind: 'halt', commandId, userId: userOf(accountId), accountId, cancelOpen },
      confirmed: () => {
        if (!this.#halted.has(accountId)) return;
        sightings.see('the kill switch' satisfies Happening);
        judge.halted.add(accountId);
      },
    });
    timeline.after(item.forMs, `client resumes ${accountId}`, () => this.#resume(accountId));
  }

  resumeAll(): void {
    for (const { accountId } of this.#parts.venues) this.#resume(accountId);
  }

  #resume(accountId: string): void {
    this.#halted.delete(accountId);
    this.#parts.judge.halted.delete(accountId);
    const command = { kind: 'resume', commandId: `resume-${accountId}`, userId: userOf(accountId), accountId } as const;
    this.#send({ command, confirmed: () => undefined });
  }

  cancelExternal(item: Extract<Item, { kind: 'cancelExternal' }>): void {
    const { judge, venues } = this.#parts;
    const accountId = venues[item.account]?.accountId ?? '';
    const external = [...judge.orders.values()].filter(
      ({ intent }) => intent.origin === 'EXTERNAL' && intent.accountId === accountId,
    );
    const orderId = external[item.nth % Math.max(1, external.length)]?.intent.orderId;
    if (orderId === undefined) return;
    const command = { kind: 'cancel', commandId: `cancel-${item.index}`, userId: userOf(accountId), orderId } as const;
    this.#send({ command, confirmed: () => undefined });
  }

  #whenAccepted(of: number, afterMs: number, label: string, run: (orderId: string, input: PlaceInput) => void): void {
    const placed = this.#placed.get(of);
    if (placed === undefined) return;
    const soon = (): void =>
      this.#parts.timeline.after(afterMs, label, () => {
        if (placed.orderId !== null) run(placed.orderId, placed.input);
      });
    if (placed.orderId === null) placed.then.push(soon);
    else soon();
  }

  #sendPlace(placed: Placed, commandId: string): void {
    const { input } = placed;
    this.refused.delete(placed);
    placed.commandId = commandId;
    this.#send({
      command: { kind: 'place', commandId, userId: userOf(input.accountId), input },
      confirmed: ({ orderIds: [orderId] }) => this.#accepted(placed, orderId),
      refused: ({ code, message }, issuedAtMs) => {
        if (code === 'ALREADY_EXISTS' && message.startsWith('this was placed before')) {
          this.#parts.sightings.see('a repeat of a purged order is refused' satisfies Happening);
          return;
        }
        this.#parts.judge.refusals.told(input.accountId, input.clientOrderId, issuedAtMs);
        if (placed.commandId === commandId) this.refused.add(placed);
      },
    });
  }

  /** The order of a request that was refused: an earlier try of it has placed it. */
  overtaken(): string | null {
    const orders = [...this.#parts.judge.orders.values()].map(({ intent }) => intent);
    for (const { input } of this.refused) {
      const found = orders.find(
        ({ accountId, clientOrderId }) => accountId === input.accountId && clientOrderId === input.clientOrderId,
      );
      if (found !== undefined) return `${found.clientOrderId} is order ${found.orderId}`;
    }
    return null;
  }

  #accepted(placed: Placed, orderId: string | undefined): void {
    if (orderId === undefined) return;
    const { accountId, clientOrderId } = placed.input;
    this.#mustKnow(orderId, () => true);
    if (placed.orderId !== null && placed.orderId !== orderId)
      this.#parts.judge.fail('I20', 'a repeated request gives the first order', `${placed.orderId}, ${orderId}`);
    if (placed.orderId !== null) this.#parts.sightings.see('a repeated request gives the first order');
    placed.orderId = orderId;
    this.promised.set(orderId, { accountId, clientOrderId });
    for (const next of placed.then.splice(0)) next();
  }

  #send({ command, confirmed, refused }: Sent): void {
    const { nowMs } = this.#parts.timeline;
    const time = { issuedAt: iso(nowMs), expiresAt: iso(nowMs + LASTS_MS) };
    this.#parts.queue.command({ ...command, time }, (result) => {
      const [error] = result.userErrors;
      if (error === undefined) confirmed(result);
      else refused?.(error, nowMs);
      if (!result.userErrors.some(({ code }) => code === 'RISK_LIMIT_EXCEEDED' || code === 'DUPLICATE_ORDER')) return;
      if (command.kind === 'modify') this.#parts.sightings.see('a limit refuses a change' satisfies Happening);
      else this.#parts.sightings.see('a limit refuses an order' satisfies Happening);
    });
  }

  #refusedFor(orderId: string, commandId: string): void {
    const { refusals, orders, purged } = this.#parts.judge;
    // Carried out by a run that died before it could say so; since then the order is over and its history purged.
    if (purged.has(orderId)) return;
    refusals.toldOfCommand(commandId, orders.get(orderId)?.actual.machine.requests ?? []);
  }

  #mustKnow(
    orderId: string,
    has: (machine: { readonly requests: readonly { id: string; kind: string }[] }) => boolean,
  ): void {
    const record = this.#parts.judge.orders.get(orderId);
    if (record === undefined || !has(record.actual.machine))
      this.#parts.judge.fail('I20', 'what was confirmed to a caller is in the books', `order ${orderId}`);
  }
}
