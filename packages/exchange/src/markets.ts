import type { Market } from '@orderplane/domain';
import type { CcxtInstance } from './ccxt.ts';
import { outsideCalls } from './transport.ts';
import type { VenueDefinition } from './venue.ts';

export interface MarketBook {
  /** By canonical symbol. */
  readonly bySymbol: ReadonlyMap<string, Market>;
  /** Native names → canonical symbol. */
  readonly native: ReadonlyMap<string, string>;
}

interface Shelf {
  source: CcxtInstance | null;
  book: MarketBook | null;
  loading: Promise<MarketBook> | null;
  loadedAt: number;
}

/** Market lists by exchange and place: a list is megabytes, so accounts at the same exchange share one. */
const shelves = new Map<string, Shelf>();
const instances = new WeakMap<CcxtInstance, MarketBook>();

/** Reloads asked for within this time of a load are answered with it: one changed rule must not load the list per order. */
const RELOAD_GUARD_MS = 2_000;

function readBook(venue: VenueDefinition, instance: CcxtInstance): MarketBook {
  const bySymbol = new Map<string, Market>();
  const native = new Map<string, string>();
  for (const one of Object.values(instance.markets ?? {})) {
    const market = one.spot || venue.tradesContracts === true ? venue.market(one) : null;
    if (market === null) continue;
    bySymbol.set(market.symbol, market);
    for (const name of venue.nativeNames(one)) native.set(name, market.symbol);
  }
  return { bySymbol, native };
}

async function load(shelf: Shelf, venue: VenueDefinition, instance: CcxtInstance): Promise<MarketBook> {
  // "Reload", also the first time: ccxt keeps the promise of a load that failed and answers every later one with it, so
  // that a process that began while the exchange was away would never reach it again (Exchange.loadMarkets, 4.5.84).
  await instance.loadMarkets(true);
  const book = readBook(venue, instance);
  shelf.source = instance;
  shelf.book = book;
  shelf.loadedAt = performance.now();
  return book;
}

/** The market list for this instance, loaded once per `key`. Throws what ccxt throws; a failure is not remembered. */
export async function loadSharedMarkets(
  key: string,
  venue: VenueDefinition,
  instance: CcxtInstance,
  reload: boolean,
): Promise<MarketBook> {
  const shelf: Shelf = shelves.get(key) ?? { source: null, book: null, loading: null, loadedAt: 0 };
  shelves.set(key, shelf);
  const stale = reload && performance.now() - shelf.loadedAt > RELOAD_GUARD_MS;
  if (shelf.book === null || stale) {
    shelf.loading ??= outsideCalls(() => load(shelf, venue, instance)).finally(() => {
      shelf.loading = null;
    });
    await shelf.loading;
  }
  const { book, source } = shelf;
  if (book === null || source === null) throw new Error(`no markets of ${key}`);
  if (instances.get(instance) !== book) {
    if (source !== instance) instance.setMarketsFromExchange(source);
    instances.set(instance, book);
  }
  return book;
}
