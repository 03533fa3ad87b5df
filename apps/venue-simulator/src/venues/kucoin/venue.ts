import type { EngineEvent } from '../../engine/model.ts';
import type {
  RequestClass,
  SocketHandler,
  Venue,
  VenueAnswer,
  VenueContext,
  VenueRequest,
  VenueSocket,
} from '../protocol.ts';
import { apiKeyOf, authenticate, timestampOf } from './auth.ts';
import { DeadManSwitches } from './dead-man.ts';
import { KucoinError, noSuchUrl, REFUSALS } from './errors.ts';
import { RateLimits } from './limits.ts';
import { Params } from './params.ts';
import { routesOf } from './routes.ts';
import type { Route } from './routes.ts';
import { Streams } from './streams.ts';
import { STREAM_HOST, Tokens } from './tokens.ts';
import { Trading } from './trading.ts';

interface Match {
  readonly route: Route;
  readonly named: string | null;
}

/** KuCoin spot with a high-frequency ("pro") account: REST on api.kucoin.com, the classic WebSocket. */
export class KucoinVenue implements Venue {
  readonly refusals = REFUSALS;
  readonly #context: VenueContext;
  readonly #limits: RateLimits;
  readonly #tokens = new Tokens();
  readonly #streams: Streams;
  readonly #switches: DeadManSwitches;
  readonly #routes: readonly Route[];

  constructor(context: VenueContext) {
    this.#context = context;
    this.#limits = new RateLimits(() => context.limits());
    this.#streams = new Streams(context, this.#tokens);
    const trading = new Trading(context, this.#limits);
    this.#switches = new DeadManSwitches(context, trading);
    this.#routes = routesOf({ context, trading, tokens: this.#tokens, switches: this.#switches });
  }

  classify(request: VenueRequest): RequestClass {
    const match = this.#match(request);
    const params = Params.of(request);
    const read = (name: string): string | null => {
      try {
        return params.text(name);
      } catch {
        return null;
      }
    };
    const symbol = read('symbol');
    const names = match?.route.names ?? null;
    return {
      kind: match?.route.kind ?? 'other',
      isPrivate: match?.route.isPrivate ?? false,
      account: apiKeyOf(request),
      symbol: symbol === null ? null : (this.#context.engine.marketByNativeId(symbol)?.symbol ?? null),
      clientId: names === 'clientOid' ? (match?.named ?? null) : read('clientOid'),
      orderId: names === 'orderId' ? (match?.named ?? null) : read('orderId'),
    };
  }

  handle(request: VenueRequest): VenueAnswer {
    let headers: Readonly<Record<string, string>> = {};
    try {
      const match = this.#match(request);
      if (match === null) throw noSuchUrl();
      const { route } = match;
      const now = this.#context.now();
      headers = this.#limits.request(route.pool, apiKeyOf(request), route.weight, now);
      const key = route.isPrivate ? authenticate(this.#context.accounts, request, now) : null;
      const account = key?.apiKey ?? '';
      const named = match.named ?? '';
      const call = { account, key, named, params: Params.of(request), requestTime: timestampOf(request) };
      const data = route.run(call);
      return { status: 200, body: JSON.stringify({ code: '200000', data }), headers };
    } catch (cause) {
      if (!(cause instanceof KucoinError)) throw cause;
      const answer = cause.answer();
      return { ...answer, headers: { ...headers, ...answer.headers } };
    } finally {
      this.#streams.flush();
    }
  }

  connect(socket: VenueSocket): SocketHandler | null {
    return socket.host === STREAM_HOST ? this.#streams.connect(socket) : null;
  }

  onEvent(event: EngineEvent): void {
    this.#streams.onEvent(event);
  }

  tick(now: number): void {
    this.#switches.tick(now);
    this.#tokens.forget(now);
    this.#streams.flush();
    this.#streams.tick(now);
  }

  reset(): void {
    this.#limits.reset();
    this.#tokens.reset();
    this.#switches.reset();
    this.#streams.reset();
  }

  #match(request: VenueRequest): Match | null {
    for (const route of this.#routes) {
      if (route.method !== request.method) continue;
      const found = route.path.exec(request.path);
      if (found !== null) return { route, named: found[1] === undefined ? null : decodeURIComponent(found[1]) };
    }
    return null;
  }
}
