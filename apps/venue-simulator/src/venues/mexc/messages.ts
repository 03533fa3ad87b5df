import protobuf from 'protobufjs';

/** Fields of a message in the order of their numbers, which count from 1. */
type Fields = readonly (readonly [name: string, type: string])[];

const strings = (...names: readonly string[]): Fields => names.map((name) => [name, 'string'] as const);

/** The part of MEXC's protocol that is simulated (source: mexcdevelop/websocket-proto, field names and numbers). */
const MESSAGES: Readonly<Record<string, Fields>> = {
  Orders: [
    ...strings('id', 'clientId', 'price', 'quantity', 'amount', 'avgPrice'),
    ['orderType', 'int32'],
    ['tradeType', 'int32'],
    ['isMaker', 'bool'],
    ...strings('remainAmount', 'remainQuantity', 'lastDealQuantity', 'cumulativeQuantity', 'cumulativeAmount'),
    ['status', 'int32'],
    ['createTime', 'int64'],
  ],
  Deals: [
    ...strings('price', 'quantity', 'amount'),
    ['tradeType', 'int32'],
    ['isMaker', 'bool'],
    ['isSelfTrade', 'bool'],
    ...strings('tradeId', 'clientOrderId', 'orderId', 'feeAmount', 'feeCurrency'),
    ['time', 'int64'],
  ],
  Account: [
    ...strings('vcoinName', 'coinId', 'balanceAmount', 'balanceAmountChange', 'frozenAmount', 'frozenAmountChange'),
    ['type', 'string'],
    ['time', 'int64'],
  ],
  BookTicker: strings('bidPrice', 'bidQuantity', 'askPrice', 'askQuantity'),
  PublicDeal: [...strings('price', 'quantity'), ['tradeType', 'int32'], ['time', 'int64']],
};

/** The one of a message's bodies that it carries, with its number in the wrapper. */
const BODIES = {
  privateOrders: ['Orders', 304],
  privateDeals: ['Deals', 306],
  privateAccount: ['Account', 307],
  publicAggreDeals: ['PublicDeals', 314],
  publicAggreBookTicker: ['BookTicker', 315],
} as const;

const bodyFields = Object.entries(BODIES).map(([name, [type, id]]) => [name, { type, id }] as const);

const wrapper = protobuf.Root.fromJSON({
  nested: {
    ...Object.fromEntries(
      Object.entries(MESSAGES).map(([message, fields]) => [
        message,
        { fields: Object.fromEntries(fields.map(([name, type], at) => [name, { type, id: at + 1 }])) },
      ]),
    ),
    PublicDeals: {
      fields: {
        deals: { rule: 'repeated', type: 'PublicDeal', id: 1 },
        eventType: { type: 'string', id: 2 },
      },
    },
    Wrapper: {
      oneofs: { body: { oneof: Object.keys(BODIES) } },
      fields: {
        channel: { type: 'string', id: 1 },
        symbol: { type: 'string', id: 3 },
        createTime: { type: 'int64', id: 5 },
        sendTime: { type: 'int64', id: 6 },
        ...Object.fromEntries(bodyFields),
      },
    },
  },
}).lookupType('Wrapper');

type Value = string | number | boolean;
export type Body = Readonly<Record<string, Value | readonly Readonly<Record<string, Value>>[]>>;

/** One message of the stream. Values that are the default of their kind are left out on the wire. */
export interface Message {
  readonly channel: string;
  readonly symbol?: string;
  readonly sendTime: number;
  readonly body: keyof typeof BODIES;
  readonly content: Body;
}

export function encode({ channel, symbol, sendTime, body, content }: Message): Uint8Array {
  const fields = { channel, ...(symbol === undefined ? {} : { symbol }), sendTime, [body]: content };
  return wrapper.encode(wrapper.fromObject(fields)).finish();
}
