import {
  EXCHANGE_IDS,
  type ExchangeId,
  type OrderSide,
  type OrderType,
  type PartialFillPolicy,
  type TimeInForce,
} from '@orderplane/domain';
import { capabilitiesOf, unsupported } from '@orderplane/exchange/capabilities';
import { addGroups } from './groups.ts';
import { streamOf, type Random } from './random.ts';

/** Virtual time in which the things of a script happen, for each step of a run, ms. */
const MS_PER_STEP = 40;
export const SYMBOLS = ['BTC-USD', 'ETH-USD'] as const;
export const PROCESSES = ['order-command', 'reconciler-1', 'reconciler-2', 'sync-worker'] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** What befalls calls while a window is open. `rate` of the calls that it concerns. */
export const CALL_FAULTS = [
  // Requests that act at the exchange.
  'requestLost',
  'answerLost',
  'requestLate',
  'notSent',
  'rateLimited',
  'keyRefused',
  'refused',
  'slow',
  'takenSilently',
  // Reads.
  'readFailed',
  'readCut',
  'readLimited',
  'listingStale',
  'listingHides',
  'executionsLag',
  'endTellsLess',
  // The order stream.
  'streamDrop',
  'streamDuplicate',
  'streamReorder',
  'streamSilent',
  // Our own servers.
  'storeFails',
  'storeAnswerLost',
  'storeSlow',
  'wakeLost',
] as const;
export type CallFault = (typeof CALL_FAULTS)[number];

export interface PlaceTerms {
  readonly symbol: string;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly sizeCents: number;
  readonly quoteSized: boolean;
  /** From the market's price, in cents; a buy above it trades at once. */
  readonly priceOffset: number;
  readonly stopOffset: number;
  readonly postOnly: boolean;
  readonly expiresAfterMs: number;
  /** It waits here: for a price so far from the market's, in cents, of this symbol. Left out: it does not. */
  readonly dark?: { readonly symbol: string; readonly offset: number };
}

/** One thing that happens in a run. Its index names it: `--without` takes it out and leaves all others as they were. */
export type Item = { readonly index: number; readonly atMs: number } & ItemBody;
export type ItemBody =
  | { readonly kind: 'place'; readonly account: number; readonly terms: PlaceTerms }
  | {
      readonly kind: 'placeGroup';
      readonly account: number;
      readonly onPartialFill: PartialFillPolicy;
      readonly members: readonly PlaceTerms[];
      /** The same request again; null: not. */
      readonly repeatAfterMs: number | null;
    }
  /** About the order that the place of this index placed; `afterMs` after it was accepted. */
  | { readonly kind: 'cancel' | 'repeat'; readonly of: number; readonly afterMs: number }
  | {
      readonly kind: 'modify';
      readonly of: number;
      readonly afterMs: number;
      readonly sizeFactor: number | null;
      readonly priceShift: number | null;
    }
  | { readonly kind: 'cancelAll'; readonly account: number; readonly side: OrderSide | null }
  | { readonly kind: 'halt'; readonly account: number; readonly cancelOpen: boolean; readonly forMs: number }
  | { readonly kind: 'cancelExternal'; readonly account: number; readonly nth: number }
  | {
      readonly kind: 'window';
      readonly fault: CallFault;
      /** Null: all of them. */
      readonly account: number | null;
      readonly forMs: number;
      readonly rate: number;
    }
  | { readonly kind: 'exchangeDown'; readonly account: number; readonly forMs: number }
  | { readonly kind: 'streamBreaks'; readonly account: number; readonly forMs: number }
  | { readonly kind: 'crash'; readonly process: ProcessName; readonly answers: number; readonly downMs: number }
  | { readonly kind: 'stop'; readonly process: ProcessName; readonly forMs: number }
  | { readonly kind: 'clock'; readonly process: ProcessName; readonly skewMs: number; readonly forMs: number }
  | { readonly kind: 'redisLost' }
  | {
      readonly kind: 'outsideOrder';
      readonly account: number;
      readonly terms: PlaceTerms;
      /** Under the client id of our next submission there, and before it. */
      readonly twin: boolean;
    }
  | { readonly kind: 'outsideCancel' | 'outsideFill'; readonly account: number; readonly nth: number }
  | { readonly kind: 'outsideAmend'; readonly account: number; readonly nth: number; readonly priceShift: number }
  | { readonly kind: 'jump'; readonly account: number; readonly symbol: string; readonly shift: number };

export interface Script {
  readonly accounts: readonly ExchangeId[];
  readonly items: readonly Item[];
  readonly endsMs: number;
  /** The account whose exchange never comes back; null: all do. */
  readonly deadAccount: number | null;
}

const ACTING: readonly CallFault[] = CALL_FAULTS.slice(0, CALL_FAULTS.indexOf('readFailed'));

/** All that happens in the run of a seed of this many steps, drawn before it begins. */
export function scriptOf(seed: number, steps: number): Script {
  const random = streamOf(seed, 'script');
  const accounts = Array.from({ length: random.whole(2, 4) }, () => random.pick(EXCHANGE_IDS));
  const endsMs = steps * MS_PER_STEP;
  const bodies: { readonly atMs: number; readonly body: ItemBody }[] = [];
  const add = (body: ItemBody, atMs = random.whole(0, Math.round(endsMs * 0.9))): void =>
    void bodies.push({ atMs, body });
  const account = (): number => random.whole(0, accounts.length - 1);

  addCommands(random, accounts, endsMs, bodies);
  addWindows(random, account, endsMs, add);
  addBlows(random, account, endsMs, add);
  const deadAccount = streamOf(seed, 'dead').chance(0.15) ? account() : null;
  if (deadAccount !== null)
    add({ kind: 'exchangeDown', account: deadAccount, forMs: Number.MAX_SAFE_INTEGER / 4 }, Math.round(endsMs * 0.6));
  addGroups(streamOf(seed, 'groups'), accounts, endsMs, bodies);
  addBursts(streamOf(seed, 'bursts'), accounts, endsMs, bodies);
  addLateTries(streamOf(seed, 'late tries'), accounts, endsMs, bodies);
  // Indices are given before sorting: those of orders are what other items name.
  const items = bodies.map(({ atMs, body }, index): Item => ({ ...body, index, atMs }));
  return { accounts, items: items.sort((a, b) => a.atMs - b.atMs || a.index - b.index), endsMs, deadAccount };
}

function addCommands(
  random: Random,
  accounts: readonly ExchangeId[],
  endsMs: number,
  bodies: { readonly atMs: number; readonly body: ItemBody }[],
): void {
  const orders = Math.max(4, Math.round(endsMs / 8_000));
  for (let made = 0; made < orders; made += 1) {
    const account = random.whole(0, accounts.length - 1);
    const exchange = accounts[account];
    if (exchange === undefined) continue;
    const atMs = random.whole(0, Math.round(endsMs * 0.85));
    const of = bodies.length;
    bodies.push({
      atMs,
      body: { kind: 'place', account, terms: { ...drawTerms(random, exchange), ...drawDark(random) } },
    });
    const afterMs = (): number =>
      random.chance(0.5) ? random.whole(0, 60) : random.whole(60, random.chance(0.5) ? 3_000 : 30_000);
    if (random.chance(0.4)) bodies.push({ atMs, body: { kind: 'cancel', of, afterMs: afterMs() } });
    if (random.chance(0.25)) bodies.push({ atMs, body: { kind: 'repeat', of, afterMs: random.whole(0, 12_000) } });
    const changes = random.chance(0.4) ? random.whole(1, 3) : 0;
    for (let change = 0; change < changes; change += 1) {
      const what = random.whole(0, 2);
      const sizeFactor = what === 0 ? null : random.pick([0.1, 0.3, 0.5, 1.5, 2, 3]);
      const priceShift = what === 1 ? null : random.whole(-150, 150) || 7;
      bodies.push({ atMs, body: { kind: 'modify', of, afterMs: afterMs(), sizeFactor, priceShift } });
    }
  }
  if (random.chance(0.4))
    bodies.push({
      atMs: random.whole(0, endsMs),
      body: {
        kind: 'cancelAll',
        account: random.whole(0, accounts.length - 1),
        side: random.pick(['BUY', 'SELL', null] as const),
      },
    });
}

/**
 * Orders that rest away from the market and are changed several times so quickly that the first change is under way when
 * the others come; some go back to what was before.
 */
function addBursts(
  random: Random,
  accounts: readonly ExchangeId[],
  endsMs: number,
  bodies: { readonly atMs: number; readonly body: ItemBody }[],
): void {
  const bursts = random.whole(0, Math.max(1, Math.round(endsMs / 25_000)));
  for (let made = 0; made < bursts; made += 1) {
    const account = random.whole(0, accounts.length - 1);
    const exchange = accounts[account];
    if (exchange === undefined) continue;
    const atMs = random.whole(0, Math.round(endsMs * 0.85));
    const of = bodies.length;
    const terms = { ...drawTerms(random, exchange), ...RESTING, priceOffset: -random.whole(80, 400) };
    bodies.push({ atMs, body: { kind: 'place', account, terms } });
    const fromMs = random.whole(0, random.chance(0.5) ? 200 : 10_000);
    const changes = random.whole(2, 5);
    const withinMs = random.chance(0.7) ? 60 : 2_000;
    for (let change = 0; change < changes; change += 1) {
      const afterMs = fromMs + random.whole(0, withinMs);
      const sizeFactor = random.chance(0.3) ? random.pick([0.5, 0.8, 1, 1.2, 2]) : null;
      const priceShift = random.chance(0.3) ? 0 : random.whole(-150, 60);
      bodies.push({ atMs, body: { kind: 'modify', of, afterMs, sizeFactor, priceShift } });
    }
    // Whoever decides them dies in the midst of it: they are given out again.
    const dies = { kind: 'crash', process: 'order-command', answers: random.whole(0, 12), downMs: 200 } as const;
    if (random.chance(0.3)) bodies.push({ atMs: atMs + fromMs + random.whole(0, 100), body: dies });
  }
}

/** Orders whose own time is over when they are tried again, while the first try of them is held up by a slow database. */
function addLateTries(
  random: Random,
  accounts: readonly ExchangeId[],
  endsMs: number,
  bodies: { readonly atMs: number; readonly body: ItemBody }[],
): void {
  const tries = random.chance(0.4) ? random.whole(1, 3) : 0;
  const atMs = random.whole(0, Math.round(endsMs * 0.85));
  for (let made = 0; made < tries; made += 1) {
    const account = random.whole(0, accounts.length - 1);
    const of = bodies.length;
    const expiresAfterMs = random.whole(1_000, 6_000);
    const terms = { ...drawTerms(random, accounts[account] ?? 'binance'), ...RESTING, timeInForce: 'GTT' } as const;
    bodies.push({ atMs, body: { kind: 'place', account, terms: { ...terms, expiresAfterMs } } });
    bodies.push({ atMs, body: { kind: 'repeat', of, afterMs: expiresAfterMs + random.whole(0, 1_500) } });
  }
  const slow = { kind: 'window', fault: 'storeSlow', account: null, forMs: 4_000, rate: 0.6 } as const;
  if (tries > 0) bodies.push({ atMs: Math.max(0, atMs - 500), body: slow });
}

const RESTING = { type: 'LIMIT', timeInForce: 'GTC', quoteSized: false, postOnly: false } as const;

/** Terms that the exchange's own table takes; mostly resting limit orders. */
export function drawTerms(random: Random, exchange: ExchangeId): PlaceTerms {
  const capabilities = capabilitiesOf(exchange);
  for (;;) {
    const type = random.chance(0.72) ? 'LIMIT' : random.pick(capabilities.orderTypes);
    const timed = random.chance(0.35);
    const timeInForce = type === 'MARKET' || !timed ? 'GTC' : random.pick(['IOC', 'FOK', 'GTT'] as const);
    const side = random.pick(['BUY', 'SELL'] as const);
    const quoteSized = type === 'MARKET' && capabilities.marketByQuoteSize[side] && random.chance(0.4);
    const terms: PlaceTerms = {
      symbol: random.pick(SYMBOLS),
      side,
      type,
      timeInForce,
      sizeCents: random.whole(10, 400),
      quoteSized,
      priceOffset: random.chance(0.15) ? random.whole(20, 200) : -random.whole(2, 140),
      stopOffset: random.whole(10, 150),
      postOnly: type === 'LIMIT' && timeInForce === 'GTC' && random.chance(0.1),
      expiresAfterMs: random.whole(4_000, 60_000),
    };
    const isPossible = unsupported(capabilities, {
      symbol: terms.symbol,
      side,
      type,
      size: quoteSized ? null : '1',
      quoteSize: quoteSized ? '1' : null,
      price: type === 'LIMIT' || type === 'STOP_LIMIT' ? '1' : null,
      stopPrice: type === 'STOP_LIMIT' || type === 'STOP_MARKET' ? '1' : null,
      timeInForce,
      expiresAt: timeInForce === 'GTT' ? '2026-01-02T00:00:00.000Z' : null,
      postOnly: terms.postOnly,
      reduceOnly: false,
    });
    if (isPossible === null) return terms;
  }
}

/** Some way off, so that the walk of the market comes there now and then; a few are reached already. */
const drawDark = (random: Random): Pick<PlaceTerms, 'dark'> =>
  random.chance(0.25) ? { dark: { symbol: random.pick(SYMBOLS), offset: random.whole(-150, 150) || 25 } } : {};

type Add = (body: ItemBody, atMs?: number) => void;

/** Swarm: each seed has a few kinds of faults with rates of their own, so that rare ones are not drowned. */
function addWindows(random: Random, account: () => number, endsMs: number, add: Add): void {
  const kinds = CALL_FAULTS.filter((fault) => random.chance(ACTING.includes(fault) ? 0.4 : 0.3));
  for (const fault of kinds) {
    const windows = random.whole(1, 3);
    const rate = random.pick([0.05, 0.2, 0.5, 0.9]);
    for (let made = 0; made < windows; made += 1)
      add({
        kind: 'window',
        fault,
        account: random.chance(0.5) ? null : account(),
        forMs: random.whole(2_000, Math.max(3_000, Math.round(endsMs / 3))),
        rate: fault === 'streamSilent' ? 1 : rate,
      });
  }
}

/** Single blows: processes that die, stop or lose their clock, Redis, outages, and what others do at the exchange. */
function addBlows(random: Random, account: () => number, endsMs: number, add: Add): void {
  const few = (most: number): number => random.whole(0, Math.max(1, Math.round((most * endsMs) / 180_000)));
  const times = (count: number, make: () => ItemBody): void => {
    for (let made = 0; made < count; made += 1) add(make());
  };
  times(random.chance(0.6) ? few(6) : 0, () => ({
    kind: 'crash',
    process: random.pick(PROCESSES),
    answers: random.whole(0, 12),
    downMs: random.whole(50, 8_000),
  }));
  times(random.chance(0.4) ? few(3) : 0, () => ({
    kind: 'stop',
    process: random.pick(PROCESSES),
    forMs: random.whole(200, 25_000),
  }));
  times(random.chance(0.3) ? few(2) : 0, () => ({
    kind: 'clock',
    process: random.pick(PROCESSES),
    skewMs: random.whole(-10_000, 10_000),
    forMs: random.whole(1_000, 60_000),
  }));
  times(random.chance(0.3) ? few(2) : 0, () => ({ kind: 'redisLost' }));
  times(random.chance(0.3) ? few(2) : 0, () => ({
    kind: 'exchangeDown',
    account: account(),
    forMs: random.whole(2_000, random.chance(0.1) ? 3_600_000 : 40_000),
  }));
  times(random.chance(0.4) ? few(3) : 0, () => ({
    kind: 'streamBreaks',
    account: account(),
    forMs: random.whole(100, 30_000),
  }));
  times(random.chance(0.5) ? few(3) : 0, () => ({
    kind: 'outsideOrder',
    account: account(),
    terms: { ...drawTerms(random, 'binance'), type: 'LIMIT', timeInForce: 'GTC', quoteSized: false, postOnly: false },
    twin: random.chance(0.4),
  }));
  times(random.chance(0.4) ? few(3) : 0, () => ({
    kind: 'outsideCancel',
    account: account(),
    nth: random.whole(0, 9),
  }));
  times(few(8), () => ({ kind: 'outsideFill', account: account(), nth: random.whole(0, 9) }));
  times(random.chance(0.3) ? few(2) : 0, () => ({
    kind: 'outsideAmend',
    account: account(),
    nth: random.whole(0, 9),
    priceShift: random.whole(-90, 90) || 11,
  }));
  times(random.chance(0.25) ? 1 : 0, () => ({
    kind: 'halt',
    account: account(),
    cancelOpen: random.chance(0.7),
    forMs: random.whole(2_000, 60_000),
  }));
  times(random.chance(0.3) ? 1 : 0, () => ({ kind: 'cancelExternal', account: account(), nth: random.whole(0, 5) }));
  times(few(4), () => ({
    kind: 'jump',
    account: account(),
    symbol: random.pick(SYMBOLS),
    shift: random.whole(-300, 300),
  }));
}
