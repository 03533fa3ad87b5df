import type { Principal } from '@orderplane/store';
import type { AlertUpdates } from '../subscriptions/alert-updates.ts';
import type { OrderUpdates } from '../subscriptions/order-updates.ts';
import type { TickerHub } from '../subscriptions/ticker-hub.ts';
import type { Ports, Timeouts } from '../ports.ts';
import { createLoaders, type Loaders } from './loaders.ts';

/** Shared by all requests of the process. */
export interface Services {
  readonly ports: Ports;
  readonly timeouts: Timeouts;
  readonly orderUpdates: OrderUpdates;
  readonly alertUpdates: AlertUpdates;
  readonly tickers: TickerHub;
}

/** One request, or one subscription. */
export interface GatewayContext extends Services {
  readonly principal: Principal;
  readonly loaders: Loaders;
}

/** `lives`: a request reads everything once; a subscription goes on, so what it read must not be remembered. */
export function createContext(
  services: Services,
  principal: Principal,
  lives: 'request' | 'subscription',
): GatewayContext {
  return { ...services, principal, loaders: createLoaders(services.ports, principal, lives === 'request') };
}
