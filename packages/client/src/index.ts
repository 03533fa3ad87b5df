export { OrderplaneClient, createClient } from './client.ts';
export type {
  Account,
  Balances,
  ClientOptions,
  Exchange,
  Exposure,
  Market,
  OrderStory,
  Page,
  Session,
  Sync,
} from './client.ts';
export type { CallOptions } from './caller.ts';
export { typedDocument } from './document.ts';
export type { TypedDocument } from './document.ts';
export { OrderplaneError } from './errors.ts';
export type { TransportCode } from './errors.ts';
export type { SubscribeOptions } from './feed.ts';
export type { Fetch } from './http.ts';
export type { Order, OrderGroup, PlaceOutcome } from './orders.ts';
export type { Outcome, Refused, UserError } from './outcome.ts';
export type { SocketLike, WebSocketConstructor } from './socket.ts';
export type {
  Alert,
  AlertUpdate,
  AlertUpdatesOptions,
  OrderEvent,
  OrderUpdate,
  OrderUpdatesOptions,
  Ticker,
} from './updates.ts';
/** Every document, input, enum and answer of the service's schema. */
export * from './operations.generated.ts';
