import type { ExchangeId } from '@orderplane/domain';
import { AccountAdapter } from './account-adapter.ts';
import type { AccountContext, ExchangeAdapter, MarketDataAdapter } from './adapter.ts';
import { PublicData } from './market-data.ts';
import { VENUES } from './registry.ts';
import { Session } from './session.ts';
import type { SessionIdentity, SessionOptions } from './session.ts';
import { SubjectsAdapter } from './subjects-adapter.ts';

/**
 * The adapter of one account; the caller keeps it and closes it. Nothing is loaded or dialled before the first call.
 * Throws UnusableMode when the exchange has no such mode or a PAPER account has no simulator.
 */
export function createAdapter(context: AccountContext, options: SessionOptions): ExchangeAdapter {
  const venue = VENUES[context.exchange];
  const { mode, credentials, session } = context;
  const open = (identity: SessionIdentity): AccountAdapter =>
    new AccountAdapter(venue, new Session(venue, identity, options), options);
  if (session === undefined || venue.enter === undefined) return open({ mode, credentials });
  const { subject, name, renew, earlierSubjects } = session;
  const isPlain = subject === null && name === null && renew === undefined;
  const present = open({
    ...{ mode, credentials },
    ...(isPlain ? {} : { entry: { subject, name, ...(renew === undefined ? {} : { renew }) } }),
  });
  const others = [...new Set(earlierSubjects)]
    .filter((one) => one !== subject)
    .map((one) => ({
      subject: one,
      adapter: open({ mode, credentials, ...(one === null ? {} : { entry: { subject: one, name: null } }) }),
    }));
  return others.length === 0 ? present : new SubjectsAdapter({ subject, adapter: present }, others);
}

/** Public data of one exchange: the simulator's where its address is given, else the live exchange's. */
export function createMarketData(exchange: ExchangeId, options: SessionOptions): MarketDataAdapter {
  const venue = VENUES[exchange];
  const mode = options.simulator === undefined ? 'LIVE' : 'PAPER';
  return new PublicData(venue, new Session(venue, { mode, credentials: null }, options), options);
}
