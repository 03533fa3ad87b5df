import type { AmendTerms, ChangeRefusal, Engine, SimOrder } from '../../engine/model.ts';
import type { SimAccount, VenueAnswer, VenueContext, VenueRequest } from '../protocol.ts';
import { headerOf } from './auth.ts';
import { entriesOf } from './fields.ts';
import type { Fields } from './fields.ts';
import { marketOf, placeRefused, readAlgoOrder, readPlainOrder, readPrice, readSize } from './place.ts';
import { algoByClientId, algoById, plainByClientId, plainById } from './queries.ts';
import { EntryRefusal, outcomes, refuse, refuseEntry, success } from './refusal.ts';
import type { Outcome } from './refusal.ts';

export const MOST_ORDERS = 20;
const MOST_ALGOS = 10;
const LONGEST_TIMER_SECONDS = 120;
const SHORTEST_TIMER_SECONDS = 10;
const GONE = 'Order cancellation failed as the order has been filled, canceled or does not exist.';

/** Everything that places, changes or cancels. Each order of a request has an outcome of its own. */
export class Trading {
  readonly #context: VenueContext;
  /** account → instant (ms) at which all its orders are cancelled. */
  readonly #timers = new Map<string, number>();
  /** Request id of the amend under way: wanted by the push. */
  amendRequestId: string | null = null;

  constructor(context: VenueContext) {
    this.#context = context;
  }

  place(request: VenueRequest, account: SimAccount): VenueAnswer {
    const entries = entriesOf(request.body);
    if (entries.length > MOST_ORDERS) refuse('51111', `Maximum ${MOST_ORDERS} orders can be placed in bulk.`);
    return this.#each(entries, ['clOrdId', 'ordId', 'tag', 'ts'], (fields) => {
      this.#checkExpiry(request);
      return { ordId: this.#place(fields, account).id };
    });
  }

  placeAlgo(request: VenueRequest, account: SimAccount): VenueAnswer {
    const names = ['algoClOrdId', 'algoId', 'clOrdId', 'tag'];
    return this.#each(entriesOf(request.body).slice(0, 1), names, (fields) => {
      const { engine, now } = this.#context;
      const { order, beyond } = readAlgoOrder(engine, fields, account.apiKey, now());
      const placed = engine.place(order, now());
      if (!placed.ok) return placeRefused(placed.refusal, order, marketOf(engine, fields), beyond);
      return { algoId: placed.order.id };
    });
  }

  /** Taken when it is answered; carried out right after, as the stream and the look-up tell. */
  cancel(request: VenueRequest, account: SimAccount): VenueAnswer {
    const entries = entriesOf(request.body);
    if (entries.length > MOST_ORDERS) refuse('51111', `Maximum ${MOST_ORDERS} orders can be canceled in bulk.`);
    return this.#each(entries, ['clOrdId', 'ordId', 'ts'], (fields) => {
      const order = this.#plain(fields, account) ?? refuseEntry('51400', GONE);
      this.#end(order, GONE);
      return { ordId: order.id, clOrdId: fields.get('clOrdId') ?? '' };
    });
  }

  cancelAlgos(request: VenueRequest, account: SimAccount): VenueAnswer {
    const entries = entriesOf(request.body);
    if (entries.length > MOST_ALGOS) refuse('51111', `Maximum ${MOST_ALGOS} orders can be canceled in bulk.`);
    return this.#each(entries, ['algoClOrdId', 'algoId', 'clOrdId', 'tag'], (fields) => {
      const { engine } = this.#context;
      marketOf(engine, fields);
      const id = fields.get('algoId');
      const clientId = fields.get('algoClOrdId') ?? '';
      const order =
        id === undefined ? algoByClientId(engine, clientId, account.apiKey) : algoById(engine, id, account.apiKey);
      // Once it has triggered, the algo order is over and the order that it placed is another one.
      if (order === undefined || order.triggeredAt !== null) return refuseEntry('51400', GONE);
      this.#end(order, GONE);
      return { algoId: order.id };
    });
  }

  /** Keeps ids and what is filled; `newSz` is the total, fills included. */
  amend(request: VenueRequest, account: SimAccount): VenueAnswer {
    return this.#each(entriesOf(request.body).slice(0, 1), ['clOrdId', 'ordId', 'ts', 'reqId'], (fields) => {
      this.#checkExpiry(request);
      const { engine, now } = this.#context;
      const order = this.#plain(fields, account);
      const gone = 'Order modification failed as the order has been filled, canceled or does not exist.';
      if (order?.status !== 'OPEN') return refuseEntry('51503', gone);
      const terms = this.#terms(engine, fields, order);
      this.amendRequestId = fields.get('reqId') ?? '';
      const amended = engine.amend(order.id, terms, now());
      this.amendRequestId = null;
      if (!amended.ok) return amendRefused(amended.refusal, gone);
      return { ordId: order.id, clOrdId: fields.get('clOrdId') ?? '', reqId: fields.get('reqId') ?? '' };
    });
  }

  /** The dead man's switch: 0 disarms it, each call sets it anew. */
  cancelAllAfter(request: VenueRequest, account: SimAccount): VenueAnswer {
    const [fields] = entriesOf(request.body);
    const text = fields?.get('timeOut') ?? '';
    const seconds = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
    const isArmed = seconds >= SHORTEST_TIMER_SECONDS && seconds <= LONGEST_TIMER_SECONDS;
    if (seconds !== 0 && !isArmed) return refuse('51000', 'Parameter timeOut error', 400);
    const now = this.#context.now();
    const triggerAt = now + seconds * 1000;
    if (isArmed) this.#timers.set(account.apiKey, triggerAt);
    else this.#timers.delete(account.apiKey);
    return success([{ triggerTime: isArmed ? String(triggerAt) : '0', tag: '', ts: String(now) }]);
  }

  tick(now: number): void {
    const { engine } = this.#context;
    for (const [account, triggerAt] of this.#timers) {
      if (triggerAt > now) continue;
      this.#timers.delete(account);
      for (const order of engine.openOrders(account)) if (order.working) engine.cancel(order.id, now, 'deadMan');
    }
  }

  reset(): void {
    this.#timers.clear();
  }

  #place(fields: Fields, account: SimAccount): SimOrder {
    const { engine, now } = this.#context;
    const order = readPlainOrder(engine, fields, account.apiKey, now());
    const placed = engine.place(order, now());
    if (!placed.ok) return placeRefused(placed.refusal, order, marketOf(engine, fields), ['51000', '']);
    return placed.order;
  }

  #plain(fields: Fields, account: SimAccount): SimOrder | undefined {
    const { engine } = this.#context;
    const market = marketOf(engine, fields);
    const id = fields.get('ordId');
    const clientId = fields.get('clOrdId');
    if (id === undefined && clientId === undefined) {
      return refuseEntry('51003', 'Either client order ID or order ID is required.');
    }
    const { apiKey } = account;
    const order = id === undefined ? plainByClientId(engine, clientId ?? '', apiKey) : plainById(engine, id, apiKey);
    return order?.symbol === market.symbol ? order : undefined;
  }

  #end(order: SimOrder, gone: string): void {
    const { engine, now } = this.#context;
    if (!engine.cancel(order.id, now(), 'user').ok) refuseEntry('51400', gone);
  }

  #terms(engine: Engine, fields: Fields, order: SimOrder): AmendTerms {
    const market = marketOf(engine, fields);
    if (!fields.has('newSz') && !fields.has('newPx'))
      return refuseEntry('51500', 'You must enter a price, quantity, or TP/SL.');
    if (order.price === null) return refuseEntry('51506', 'Order modification unavailable for the order type.');
    return {
      ...(fields.has('newSz') ? { size: readSize(fields, 'newSz', market) } : {}),
      ...(fields.has('newPx') ? { price: readPrice(fields, 'newPx', market) } : {}),
    };
  }

  /** `expTime`: the instant after which the request must not be processed. */
  #checkExpiry(request: VenueRequest): void {
    const text = headerOf(request, 'exptime');
    if (text === null) return;
    if (!/^\d{13}$/.test(text)) refuseEntry('51000', 'Parameter expTime error');
    if (Number(text) < this.#context.now()) {
      const advice = 'Please adjust the expTime and try again.';
      refuseEntry('50036', `The expTime can't be earlier than the current system time. ${advice}`);
    }
  }

  /** One outcome for each entry, with the fields that `names` lists; what the request named is repeated. */
  #each(entries: readonly Fields[], names: readonly string[], run: (fields: Fields) => Outcome): VenueAnswer {
    const now = this.#context.now();
    const data = entries.map((fields): Outcome => {
      const base = Object.fromEntries(
        names.map((name) => [name, name === 'ts' ? String(now) : (fields.get(name) ?? '')]),
      );
      try {
        return { ...base, ...run(fields), sCode: '0', sMsg: '' };
      } catch (cause) {
        if (!(cause instanceof EntryRefusal)) throw cause;
        return { ...base, sCode: cause.code, sMsg: cause.message };
      }
    });
    return outcomes(data, now);
  }
}

function amendRefused(refusal: ChangeRefusal, gone: string): never {
  switch (refusal) {
    case 'unknownOrder':
    case 'notOpen':
      return refuseEntry('51503', gone);
    case 'insufficientFunds':
      return refuseEntry('51502', 'Order failed. Insufficient account balance, and the adjusted equity is too low.');
    case 'wouldTake':
      return refuseEntry('51511', 'Modification failed as the order price did not meet the requirement for Post Only.');
    case 'wouldTrigger':
    case 'invalid':
      return refuseEntry('51000', 'Parameter newSz error');
  }
}
