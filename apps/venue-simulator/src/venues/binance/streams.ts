import { z } from 'zod';
import type { EngineEvent, SimExecution, SimMarket, SimOrder } from '../../engine/model.ts';
import type { SocketHandler, VenueContext, VenueSocket } from '../protocol.ts';
import { accountOf, checkTime, isSignedBy } from './auth.ts';
import { BinanceError, missing } from './errors.ts';
import { accountPosition, executionReport } from './reports.ts';
import type { ExecutionType } from './reports.ts';
import { clientIdOf } from './views.ts';

const ApiMessage = z.object({
  id: z.union([z.string(), z.number(), z.null()]),
  method: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
type ApiMessage = z.infer<typeof ApiMessage>;

interface Subscription {
  readonly socket: VenueSocket;
  readonly id: number;
}

/** The user data stream of the WebSocket API: subscriptions by signature, reports pushed to each of them, never replayed. */
export class UserStreams {
  readonly #context: VenueContext;
  readonly #byAccount = new Map<string, Set<Subscription>>();
  #serial = 0;

  constructor(context: VenueContext) {
    this.#context = context;
  }

  connect(socket: VenueSocket): SocketHandler {
    const own = new Map<Subscription, string>();
    return {
      message: (text) => this.#message(socket, own, text),
      closed: () => {
        for (const [subscription, account] of own) this.#byAccount.get(account)?.delete(subscription);
      },
    };
  }

  /** `amendedFrom`: the client id that an amended order had before. */
  onEvent(event: EngineEvent, amendedFrom: string | null): void {
    switch (event.type) {
      case 'accepted':
      case 'triggered':
        this.#report(event.order, 'NEW', null, clientIdOf(event.order), '');
        break;
      case 'trade':
        this.#report(event.order, 'TRADE', event.execution, clientIdOf(event.order), '');
        break;
      case 'amended': {
        const id = clientIdOf(event.order);
        this.#report(event.order, 'REPLACED', null, id, amendedFrom ?? id);
        break;
      }
      case 'ended':
        this.#ended(event.order, event.cancelRequestId);
        break;
      case 'balance':
        this.#balances(event.account, event.assets);
        break;
      case 'publicTrade':
      case 'price':
        break;
    }
  }

  reset(): void {
    this.#serial = 0;
  }

  #ended(order: SimOrder, requestId: string | null): void {
    if (order.status === 'FILLED') return;
    const id = clientIdOf(order);
    const type = order.status === 'EXPIRED' ? 'EXPIRED' : 'CANCELED';
    this.#report(order, type, null, requestId ?? id, requestId === null ? '' : id);
  }

  #report(
    order: SimOrder,
    type: ExecutionType,
    execution: SimExecution | null,
    clientId: string,
    originalId: string,
  ): void {
    this.#serial += 1;
    const subscriptions = this.#byAccount.get(order.account);
    if (subscriptions === undefined || subscriptions.size === 0) return;
    const market: SimMarket | undefined = this.#context.engine.market(order.symbol);
    const now = this.#context.now();
    const subject = { order, market, type, execution, clientId, originalId, now, serial: this.#serial };
    this.#push(subscriptions, executionReport(subject));
  }

  #balances(account: string, assets: readonly string[]): void {
    const subscriptions = this.#byAccount.get(account);
    if (subscriptions === undefined || subscriptions.size === 0) return;
    this.#push(subscriptions, accountPosition(assets, this.#context.engine.balances(account), this.#context.now()));
  }

  #push(subscriptions: ReadonlySet<Subscription>, event: object): void {
    const text = JSON.stringify(event);
    for (const { socket, id } of subscriptions) socket.push(`{"subscriptionId":${id},"event":${text}}`, 'private');
  }

  #message(socket: VenueSocket, own: Map<Subscription, string>, text: string): void {
    const parsed = ApiMessage.safeParse(jsonOf(text));
    if (!parsed.success) {
      socket.answer(JSON.stringify({ id: null, status: 400, error: { code: -1135, msg: 'Invalid JSON Request' } }));
      return;
    }
    const { id } = parsed.data;
    try {
      socket.answer(JSON.stringify({ id, status: 200, result: this.#result(socket, own, parsed.data) }));
    } catch (cause) {
      if (!(cause instanceof BinanceError)) throw cause;
      socket.answer(JSON.stringify({ id, status: cause.status, error: cause.body }));
    }
  }

  #result(socket: VenueSocket, own: Map<Subscription, string>, message: ApiMessage): object {
    switch (message.method) {
      case 'ping':
        return {};
      case 'time':
        return { serverTime: this.#context.now() };
      case 'userDataStream.subscribe.signature':
        return this.#subscribe(socket, own, message.params ?? {});
      case 'userDataStream.unsubscribe':
        for (const [subscription, account] of own) this.#byAccount.get(account)?.delete(subscription);
        own.clear();
        return {};
      default:
        throw new BinanceError(-1000, `Unknown method '${message.method}'.`);
    }
  }

  #subscribe(
    socket: VenueSocket,
    own: Map<Subscription, string>,
    params: Readonly<Record<string, string | number | boolean>>,
  ): object {
    const { signature, ...rest } = params;
    const account = accountOf(this.#context.accounts, typeof rest['apiKey'] === 'string' ? rest['apiKey'] : null);
    if (typeof signature !== 'string') throw missing('signature');
    const signed = Object.keys(rest)
      .sort()
      .map((name) => `${name}=${String(rest[name])}`)
      .join('&');
    if (!isSignedBy(account.secret, signed, signature)) {
      throw new BinanceError(-1022, 'Signature for this request is not valid.');
    }
    checkTime(numberOf(rest['timestamp']), numberOf(rest['recvWindow']), this.#context.now());
    const subscription: Subscription = { socket, id: own.size };
    own.set(subscription, account.apiKey);
    let all = this.#byAccount.get(account.apiKey);
    if (all === undefined) this.#byAccount.set(account.apiKey, (all = new Set<Subscription>()));
    all.add(subscription);
    socket.markPrivate(account.apiKey);
    return { subscriptionId: subscription.id };
  }
}

const numberOf = (value: string | number | boolean | undefined): number | null => {
  const number = Number(value);
  return value === undefined || !Number.isFinite(number) ? null : number;
};

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
