import { OrderplaneError } from '@orderplane/client';
import type { ErrorCode, OrderUpdate, OrderplaneClient } from '@orderplane/client';
import { clientOrderIdOf } from './ladder.ts';
import type { Ladder } from './ladder.ts';
import { GridError, readPicture, rungOrderOf } from './orders.ts';
import { plan, withOrder } from './plan.ts';
import type { Picture, Placement } from './plan.ts';

export interface GridRun {
  readonly client: OrderplaneClient;
  readonly ladder: Ladder;
  readonly accountId: string;
  readonly symbol: string;
  readonly say: (line: string) => void;
  /** Ends the program; the orders rest. */
  readonly signal: AbortSignal;
}

/** A refusal that a person has to do something about: asked again this much later, ms. */
const REFUSED_PAUSE_MS = 10_000;
/** How often is looked whether a pause is over, ms. */
const TICK_MS = 1_000;

/** Refusals by which the order itself is wrong: time does not mend them. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'INVALID_INPUT',
  'PRECISION',
  'UNSUPPORTED_BY_EXCHANGE',
  'NOT_FOUND',
  'FORBIDDEN',
]);

/**
 * Keeps one grid going: what is seen leads to a picture, the picture to placements. Nothing is kept here that the service
 * does not know, so that being killed at any point costs nothing. Ends with `signal`; throws GridError, or OrderplaneError
 * when the service refuses the caller.
 */
export async function runGrid(run: GridRun): Promise<void> {
  const grid = new Grid(run);
  const ticking = setInterval(() => grid.wake(), TICK_MS);
  try {
    // Waits, and fails, together: whichever ends first ends the other.
    await Promise.all([grid.follow(), grid.act()].map((part) => part.finally(() => grid.end())));
  } finally {
    clearInterval(ticking);
  }
}

class Grid {
  readonly #run: GridRun;
  readonly #ending = new AbortController();
  #picture: Picture | null = null;
  /** Slots whose placement was refused for now: until when, ms since 1970. */
  readonly #refused = new Map<string, number>();
  #isReady = false;
  #wake: () => void = () => undefined;

  constructor(run: GridRun) {
    this.#run = run;
    run.signal.addEventListener('abort', () => this.end(), { once: true });
    if (run.signal.aborted) this.end();
  }

  end(): void {
    this.#ending.abort();
    this.wake();
  }

  wake(): void {
    this.#wake();
  }

  async follow(): Promise<void> {
    const { client, accountId, say } = this.#run;
    const { signal } = this.#ending;
    const onInterruption = ({ message }: OrderplaneError): void => say(`connection lost (${message}); trying again`);
    for await (const update of client.orderUpdates([accountId], { signal, onInterruption })) {
      await this.#see(update);
      this.wake();
    }
  }

  async #see(update: OrderUpdate): Promise<void> {
    const { ladder, client, accountId } = this.#run;
    if (update.kind === 'SNAPSHOT') {
      this.#picture = await this.#insist(() => readPicture(client, ladder, accountId, update.orders));
      return;
    }
    const order = rungOrderOf(ladder, update.order);
    if (order === null || this.#picture === null) return;
    this.#picture = withOrder(this.#picture, order);
    if (update.event.type === 'ORDER_FILLED')
      this.#run.say(`filled ${update.order.clientOrderId} ${order.side} ${order.size} @ ${order.price}`);
  }

  async act(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const due = this.#picture === null ? [] : plan(this.#run.ladder, this.#picture).filter((one) => this.#isDue(one));
      for (const placement of due) {
        if (signal.aborted) return;
        await this.#place(placement);
      }
      await this.#lookAtEnds();
      if (due.length === 0) {
        this.#tellReady();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          if (signal.aborted) resolve();
        });
      }
    }
  }

  /** That an end is proved is no event of the order: it is asked for, once a tick. */
  async #lookAtEnds(): Promise<void> {
    const { ladder } = this.#run;
    for (const order of this.#picture?.values() ?? []) {
      if (order.life !== 'ENDING') continue;
      await this.#learn(clientOrderIdOf(ladder.name, order));
    }
  }

  /** Reads one order into the picture. */
  async #learn(clientOrderId: string): Promise<void> {
    const { client, accountId, ladder } = this.#run;
    const found = await this.#insist(() => client.orderByClientOrderId(accountId, clientOrderId));
    const order = found === null ? null : rungOrderOf(ladder, found);
    if (order !== null) this.#picture = withOrder(this.#picture ?? new Map(), order);
  }

  #isDue({ clientOrderId, notBeforeMs }: Placement): boolean {
    const now = Date.now();
    return (notBeforeMs ?? 0) <= now && (this.#refused.get(clientOrderId) ?? 0) <= now;
  }

  async #place(placement: Placement): Promise<void> {
    const { client, accountId, symbol, ladder, say } = this.#run;
    const { clientOrderId, side, price, size } = placement;
    const text = `${clientOrderId} ${side} ${size} @ ${price}`;
    const input = { accountId, symbol, clientOrderId, side, price, size, type: 'LIMIT', timeInForce: 'GTC' } as const;
    const { signal } = this.#ending;
    const outcome = await this.#insist(() => client.placeOrder(input, { signal }));
    if (outcome === null) return;
    if (outcome.ok) {
      const order = rungOrderOf(ladder, outcome.order);
      if (order !== null) this.#picture = withOrder(this.#picture ?? new Map(), order);
      this.#refused.delete(clientOrderId);
      return say(`placed ${text}`);
    }
    const [{ code, message }] = outcome.userErrors;
    // Somebody has used the id for other terms, say a copy of this program with other arguments: then they do not fit.
    if (code === 'ALREADY_EXISTS') return this.#learn(clientOrderId);
    if (FINAL.has(code)) throw new GridError(`${text} is refused: ${code}: ${message}`);
    this.#refused.set(clientOrderId, Date.now() + REFUSED_PAUSE_MS);
    say(`${text} is refused for now: ${code}: ${message}`);
  }

  /** Until there is an answer; null when the program ends before. Throws what trying again does not mend. */
  async #insist<Answer>(ask: () => Promise<Answer>): Promise<Answer | null> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        return await ask();
      } catch (error) {
        if (signal.aborted) return null;
        if (!(error instanceof OrderplaneError) || !error.isPassing) throw error;
        this.#run.say(`no answer (${error.message}); trying again`);
      }
    }
    return null;
  }

  #tellReady(): void {
    if (this.#picture === null || this.#isReady) return;
    this.#isReady = true;
    this.#run.say('the grid stands; Ctrl-C ends this program and leaves its orders');
  }
}
