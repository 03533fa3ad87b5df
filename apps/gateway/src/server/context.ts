import type { Principal } from '@orderplane/store';
import type { AuditTrail } from '../access/audit-trail.ts';
import type { Caller } from '../access/caller.ts';
import type { Revocations } from '../access/revocations.ts';
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
  readonly audit: Pick<AuditTrail, 'note' | 'written'>;
  readonly revocations: Pick<Revocations, 'announce' | 'listen'>;
}

/** One request, or one subscription. */
export interface GatewayContext extends Services {
  readonly caller: Caller;
  readonly principal: Principal;
  readonly loaders: Loaders;
  /** For logs, also those of the services that carry out its commands. Null: it has none. */
  readonly requestId: string | null;
}

/** `lives`: a request reads everything once; a subscription goes on, so what it read must not be remembered. */
export function createContext(
  services: Services,
  caller: Caller,
  lives: 'request' | 'subscription',
  requestId: string | null = null,
): GatewayContext {
  const { principal } = caller;
  const loaders = createLoaders(services.ports, principal, lives === 'request');
  return { ...services, caller, principal, requestId, loaders };
}
