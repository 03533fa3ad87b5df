import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { acceptSockets } from './stub-socket.ts';
import type { StubSocket } from './stub-socket.ts';

/** What a stub answers to one request: the way an exchange, or the network before it, can behave. */
export type Ending =
  | {
      readonly kind: 'answer';
      readonly status?: number;
      readonly body: string;
      readonly headers?: Record<string, string>;
    }
  | { readonly kind: 'silent' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'stalledBody'; readonly part?: string }
  | { readonly kind: 'cutBody'; readonly part: string };

export interface StubRequest {
  readonly route: string;
  /** Of a form body or of the query; a JSON body is in `body`. */
  readonly parameters: URLSearchParams;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: Socket;
}

export interface StubVenue {
  readonly address: { readonly host: string; readonly port: number };
  readonly requests: StubRequest[];
  /** Answers by "METHOD host/path"; a function sees the request. Unknown routes get 404. */
  on(route: string, ending: Ending | ((request: StubRequest) => Ending)): void;
  /** What to do with each new WebSocket connection; nothing until set. */
  onSocket(connected: (socket: StubSocket) => void): void;
  close(): Promise<void>;
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Ending => ({
  kind: 'answer',
  status,
  body: JSON.stringify(body),
  headers,
});

function finish(ending: Ending, request: IncomingMessage, response: ServerResponse): void {
  switch (ending.kind) {
    case 'answer':
      response.writeHead(ending.status ?? 200, { 'content-type': 'application/json', ...ending.headers });
      response.end(ending.body);
      return;
    case 'silent':
      return;
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'stalledBody':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      if (ending.part !== undefined) response.write(ending.part);
      return;
    case 'cutBody':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '10000' });
      response.write(ending.part, () => setTimeout(() => request.socket.resetAndDestroy(), 5));
      return;
  }
}

/** One loopback listener for every host name, telling them apart by the Host header. */
export async function startStubVenue(): Promise<StubVenue> {
  const endings = new Map<string, Ending | ((request: StubRequest) => Ending)>();
  const requests: StubRequest[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', `https://${request.headers.host}`);
      const seen = {
        route: `${request.method} ${url.host}${url.pathname}`,
        // Some exchanges take the parameters of a POST in its query too.
        parameters: new URLSearchParams(body === '' ? url.search : body),
        body,
        headers: request.headers,
        socket: request.socket,
      };
      requests.push(seen);
      const ending = endings.get(seen.route);
      const chosen = typeof ending === 'function' ? ending(seen) : ending;
      finish(chosen ?? { kind: 'answer', status: 404, body: `no stub for ${seen.route}` }, request, response);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  let connected: (socket: StubSocket) => void = () => undefined;
  acceptSockets(server, (socket) => connected(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: '127.0.0.1', port },
    requests,
    on: (route, ending) => endings.set(route, ending),
    onSocket: (listener) => {
      connected = listener;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const BINANCE_SYMBOL = {
  symbol: 'BTCUSDT',
  status: 'TRADING',
  baseAsset: 'BTC',
  quoteAsset: 'USDT',
  orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT'],
  permissions: [],
  filters: [
    { filterType: 'PRICE_FILTER', minPrice: '0.01', maxPrice: '1000000', tickSize: '0.01000000' },
    { filterType: 'LOT_SIZE', minQty: '0.00001', maxQty: '9000', stepSize: '0.00001000' },
    { filterType: 'NOTIONAL', minNotional: '5.00000000' },
  ],
};

const KRAKEN_PAIRS = {
  XXBTZUSD: {
    altname: 'XBTUSD',
    wsname: 'XBT/USD',
    base: 'XXBT',
    quote: 'ZUSD',
    pair_decimals: 1,
    lot_decimals: 8,
    leverage_buy: [],
    fees: [[0, 0.4]],
    fees_maker: [[0, 0.25]],
    ordermin: '0.00005',
    costmin: '0.5',
    status: 'online',
  },
};
const KRAKEN_ASSETS = {
  XXBT: { altname: 'XBT', decimals: 10, display_decimals: 5, status: 'enabled' },
  ZUSD: { altname: 'USD', decimals: 4, display_decimals: 2, status: 'enabled' },
};

const COINBASE_PRODUCT = {
  product_id: 'BTC-USD',
  base_currency_id: 'BTC',
  quote_currency_id: 'USD',
  product_type: 'SPOT',
  base_increment: '0.00000001',
  quote_increment: '0.01',
  price_increment: '0.01',
  base_min_size: '0.00000001',
  base_max_size: '3400',
  quote_min_size: '1',
  quote_max_size: '150000000',
  trading_disabled: false,
};

const KUCOIN_SYMBOL = {
  symbol: 'BTC-USDT',
  baseCurrency: 'BTC',
  quoteCurrency: 'USDT',
  baseMinSize: '0.00001',
  baseMaxSize: '10000000000',
  quoteMinSize: '0.1',
  baseIncrement: '0.00000001',
  quoteIncrement: '0.000001',
  priceIncrement: '0.1',
  minFunds: '0.1',
  enableTrading: true,
};
const deribitInstrument = (name: string, terms: { readonly kind: string; readonly [term: string]: unknown }) => ({
  instrument_name: name,
  base_currency: 'BTC',
  counter_currency: 'USDC',
  quote_currency: 'USDC',
  settlement_currency: 'USDC',
  is_active: true,
  tick_size: 0.01,
  min_trade_amount: 0.0001,
  contract_size: 0.0001,
  taker_commission: 0.0005,
  maker_commission: 0,
  creation_timestamp: 1,
  expiration_timestamp: 32503708800000,
  ...terms,
});
const future = { kind: 'future', settlement_period: 'perpetual' };
const DERIBIT_INSTRUMENTS = [
  deribitInstrument('BTC_USDC', { kind: 'spot' }),
  deribitInstrument('BTC_USDC-PERPETUAL', { ...future, tick_size: 0.5 }),
  // Not traded: amounts in US dollars, with an expiry, an option.
  deribitInstrument('BTC-PERPETUAL', { ...future, counter_currency: 'USD', settlement_currency: 'BTC' }),
  deribitInstrument('BTC_USDC-25DEC26', {
    kind: 'future',
    settlement_period: 'month',
    expiration_timestamp: 1798185600000,
  }),
  deribitInstrument('BTC_USDC-25DEC26-90000-C', {
    ...{ kind: 'option', settlement_period: 'month', expiration_timestamp: 1798185600000 },
    ...{ strike: 90000, option_type: 'call' },
  }),
];

const MEXC_SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'ADAUSDT', 'LTCUSDT', 'DOTUSDT'].map((symbol) => ({
  ...{ symbol, status: '1', baseAsset: symbol.slice(0, 3), baseAssetPrecision: 8, quoteAsset: 'USDT' },
  ...{ quoteAssetPrecision: 2, isSpotTradingAllowed: true, isMarginTradingAllowed: false },
  ...{ quoteAmountPrecision: '1', baseSizePrecision: '0.000001', makerCommission: '0', takerCommission: '0.0005' },
}));
const OKX_INSTRUMENT = {
  ...{ instType: 'SPOT', instId: 'BTC-USDT', baseCcy: 'BTC', quoteCcy: 'USDT', settleCcy: '', ctVal: '', lever: '' },
  ...{ tickSz: '0.1', lotSz: '0.00000001', minSz: '0.00001', maxLmtSz: '9999', maxMktSz: '1000000' },
  ...{ state: 'live', listTime: '1' },
};

/** The market lists that every adapter loads first. */
export function serveMarkets(stub: StubVenue): void {
  stub.on('GET api.binance.com/api/v3/exchangeInfo', json({ symbols: [BINANCE_SYMBOL] }));
  stub.on('GET api.kraken.com/0/public/AssetPairs', json({ error: [], result: KRAKEN_PAIRS }));
  stub.on('GET api.kraken.com/0/public/Assets', json({ error: [], result: KRAKEN_ASSETS }));
  const brokerage = 'GET api.coinbase.com/api/v3/brokerage';
  stub.on(`${brokerage}/market/products`, ({ parameters }) =>
    json({ products: parameters.get('product_type') === 'FUTURE' ? [] : [COINBASE_PRODUCT] }),
  );
  stub.on(`${brokerage}/transaction_summary`, json({ fee_tier: { taker_fee_rate: '0.012', maker_fee_rate: '0.006' } }));
  stub.on('GET api.coinbase.com/v2/currencies', json({ data: [{ id: 'USD', name: 'Dollar', min_size: '0.01' }] }));
  stub.on(
    'GET api.coinbase.com/v2/currencies/crypto',
    json({ data: [{ asset_id: 'a', code: 'BTC', name: 'Bitcoin' }] }),
  );
  stub.on('GET api.coinbase.com/v2/exchange-rates', json({ data: { currency: 'USD', rates: { BTC: '0.00002' } } }));
  stub.on('GET api.mexc.com/api/v3/exchangeInfo', json({ symbols: MEXC_SYMBOLS }));
  stub.on('GET api.kucoin.com/api/v2/symbols', json({ code: '200000', data: [KUCOIN_SYMBOL] }));
  stub.on('GET www.deribit.com/api/v2/public/get_instruments', ({ parameters }) => {
    const result = DERIBIT_INSTRUMENTS.filter(({ kind }) => kind === parameters.get('kind'));
    return json({ jsonrpc: '2.0', result });
  });
  stub.on('GET www.okx.com/api/v5/public/instruments', json({ code: '0', msg: '', data: [OKX_INSTRUMENT] }));
}
