import type { OrderReport } from '@orderplane/normalization';
import { fold } from '@orderplane/planner';
import { isTerminal } from '@orderplane/state-machine';
import { isUntold, type LateFill, type OrderRecord, type PurgedOrder } from '@orderplane/store';
import { adopt, adoptPurged, adoptSecond, type AccountKey } from './adopt.ts';
import { lateFills, livesOn, nameOf } from './late.ts';
import { idsOf, indexRecords, type RecordIndex } from './match.ts';
import { foldContext, record, type RecorderOptions } from './record.ts';
import type { RecordMemory } from './record-memory.ts';
import { inTraceOf } from './traces.ts';

/** Orders that are booked at the same time. */
const MAX_BOOKINGS = 256;

export interface Observed {
  readonly changed: number;
  readonly adopted: number;
  /** Orders that should be reconciled now, and why: the exchange must be asked, or a wish can be sent at last. */
  readonly questions: readonly { readonly orderId: string; readonly why: string }[];
  /** Orders that have filled, whose groups are to be told of it: others may have to be cancelled. */
  readonly untold: ReadonlySet<string>;
  /** Reports of ended orders and of executions that belong to no order of ours. */
  readonly orphans: readonly OrderReport[];
  /** Our orders that these reports spoke of, by id. */
  readonly seen: ReadonlySet<string>;
  /** Executions of purged orders that nobody knew of before: kept, as attributed to those. */
  readonly late: number;
}

/**
 * Books a batch of observations of one account: one read for all of them that `memory` does not spare, one write for
 * each order that changed. Reports of one order are booked one after the other, different orders at the same time, so
 * that their writes share a transaction. An open order that nobody here owns is adopted; what else is unknown is handed back.
 */
export async function observe(
  options: RecorderOptions,
  account: AccountKey,
  reports: readonly OrderReport[],
  memory: RecordMemory | null = null,
): Promise<Observed> {
  const observation = new Observation(options, account, memory);
  if (reports.length > 0) await observation.run(reports);
  return observation;
}

class Observation implements Observed {
  readonly questions: { orderId: string; why: string }[] = [];
  readonly orphans: OrderReport[] = [];
  readonly seen = new Set<string>();
  readonly untold = new Set<string>();
  changed = 0;
  adopted = 0;
  late = 0;
  readonly #options: RecorderOptions;
  readonly #account: AccountKey;
  readonly #memory: RecordMemory | null;
  readonly #index: RecordIndex;
  /** Orders as they were remembered and not yet read in this run. */
  readonly #remembered = new Set<string>();
  /** Reports about orders that were purged, and which those are. */
  readonly #purged = new Map<OrderReport, PurgedOrder>();
  readonly #lateFills: LateFill[] = [];
  /** The last booking of each order that is under way. */
  readonly #bookings = new Map<string, Promise<unknown>>();

  constructor(options: RecorderOptions, account: AccountKey, memory: RecordMemory | null) {
    this.#options = options;
    this.#account = account;
    this.#memory = memory;
    this.#index = indexRecords([]);
  }

  async run(reports: readonly OrderReport[]): Promise<void> {
    await this.#load(reports);
    try {
      for (const report of reports) await this.#observe(report);
    } finally {
      await this.#settle();
    }
    await this.#bookLate();
  }

  async #load(reports: readonly OrderReport[]): Promise<void> {
    for (const record of this.#memory?.recall(reports) ?? []) {
      this.#index.put(record);
      this.#remembered.add(record.intent.orderId);
    }
    const strange = reports.filter((report) => this.#index.find(report) === null);
    if (strange.length === 0) return;
    const { accountId } = this.#account;
    for (const record of await this.#options.ledger.findByVenueIds(accountId, idsOf(strange))) this.#keep(record);
    await this.#findPurged(strange.filter((report) => this.#index.find(report) === null));
  }

  /** Asked for after the orders themselves: what is purged in between is not missed by both. */
  async #findPurged(reports: readonly OrderReport[]): Promise<void> {
    const named = reports.flatMap((report) => {
      const name = nameOf(report);
      return name === null ? [] : [{ report, name }];
    });
    if (named.length === 0) return;
    const names = named.map(({ name }) => name);
    const found = await this.#options.ledger.purged.byVenueNames(this.#account.accountId, names);
    named.forEach(({ report }, index) => {
      const purged = found[index] ?? null;
      if (purged !== null) this.#purged.set(report, purged);
    });
  }

  #keep(record: OrderRecord): void {
    this.#index.put(record);
    this.#remembered.delete(record.intent.orderId);
    this.#memory?.remember(record);
  }

  async #observe(report: OrderReport): Promise<void> {
    const owner = (await this.#ownerOf(report)) ?? (await this.#adopt(report));
    if (owner === null) return this.#leave(report);
    const { orderId } = owner.intent;
    this.seen.add(orderId);
    const before = this.#bookings.get(orderId);
    const booking = before === undefined ? this.#book(report, owner) : before.then(() => this.#bookNext(report, owner));
    // Told by `settle`, which may come later.
    booking.catch(() => undefined);
    this.#bookings.set(orderId, booking);
    if (this.#bookings.size >= MAX_BOOKINGS) await this.#settle();
  }

  async #ownerOf(report: OrderReport): Promise<OrderRecord | null> {
    const owner = this.#index.find(report);
    if (owner !== null) return owner;
    // What is being booked may bring the id by which this report's order is known.
    await this.#settle();
    return this.#index.find(report);
  }

  /** No order of ours: late news of a purged one, or something for others to look after. */
  #leave(report: OrderReport): void {
    const purged = this.#purged.get(report);
    if (purged === undefined) this.orphans.push(report);
    else this.#lateFills.push(...lateFills(purged, report, this.#options.clock.iso()));
  }

  async #adopt(report: OrderReport): Promise<OrderRecord | null> {
    if (!isAlive(report)) return null;
    const owner = await this.#adoptAs(report);
    if (owner === null) return null;
    const { accountId } = this.#account;
    this.adopted += 1;
    this.#keep(owner);
    this.#options.log.info({ orderId: owner.intent.orderId, accountId }, 'adopted an order placed elsewhere');
    return owner;
  }

  async #adoptAs(report: OrderReport): Promise<OrderRecord | null> {
    const original = this.#index.original(report);
    if (original !== null) return adoptSecond(this.#options, this.#account, report, original);
    const purged = this.#purged.get(report);
    if (purged === undefined) return adopt(this.#options, this.#account, report);
    if (!livesOn(report, purged, this.#options.visibilityDelayMs(this.#account.exchange))) return null;
    return adoptPurged(this.#options, this.#account, report, purged);
  }

  async #bookLate(): Promise<void> {
    if (this.#lateFills.length === 0) return;
    const { accountId } = this.#account;
    this.late = await this.#options.ledger.purged.bookLate(accountId, this.#lateFills);
    if (this.late > 0) this.#options.log.warn({ accountId, late: this.late }, 'executions of purged orders');
  }

  /** The booking before has changed the order. */
  #bookNext(report: OrderReport, owner: OrderRecord): Promise<boolean> {
    return this.#book(report, this.#index.find(report) ?? owner);
  }

  #book(report: OrderReport, owner: OrderRecord): Promise<boolean> {
    return inTraceOf(this.#options, owner, () => this.#fold(report, owner));
  }

  /** True when the order has changed. */
  async #fold(report: OrderReport, owner: OrderRecord): Promise<boolean> {
    const { orderId } = owner.intent;
    let outcome = await foldInto(this.#options, orderId, report, owner);
    if (!outcome.changed && this.#remembered.has(orderId)) outcome = await foldInto(this.#options, orderId, report);
    if (outcome.record === null) {
      await this.#gone(report, orderId);
      return false;
    }
    this.#keep(outcome.record);
    if (outcome.changed) this.changed += 1;
    const wanted = outcome.changed && waits(outcome.record);
    const why = outcome.question ?? (wanted ? 'a request waits to be sent' : null);
    if (why !== null) this.questions.push({ orderId, why });
    if (isUntold(outcome.record)) this.untold.add(orderId);
    return outcome.changed;
  }

  /** It was purged since it was read. */
  async #gone(report: OrderReport, orderId: string): Promise<void> {
    this.#memory?.forget(orderId);
    this.seen.delete(orderId);
    await this.#findPurged([report]);
    this.#leave(report);
  }

  /** Waits for all bookings, then throws what one of them threw. */
  async #settle(): Promise<void> {
    const bookings = [...this.#bookings.values()];
    this.#bookings.clear();
    const failed = (await Promise.allSettled(bookings)).find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

/** Something is wanted of the exchange that could not be sent before, e.g. a cancel before the acknowledgement. */
const waits = (order: OrderRecord): boolean =>
  order.actual.machine.requests.some((request) => request.phase === 'wanted');

const isAlive = (report: OrderReport): boolean => report.order?.status === 'OPEN' || report.order?.status === 'PENDING';

/** Later than what is known: the same report told twice asks nothing anew. */
const isNews = (report: OrderReport, current: OrderRecord): boolean =>
  report.askedAt > (current.actual.reconciliation.lastEvidenceAt ?? '');

/** `known`: the order at hand, which spares a read; it may be old. `record` null: there is no such order. */
async function foldInto(
  options: RecorderOptions,
  orderId: string,
  report: OrderReport,
  known?: OrderRecord,
): Promise<{ readonly record: OrderRecord | null; readonly changed: boolean; readonly question: string | null }> {
  let question: string | null = null;
  const written = await record(
    options,
    orderId,
    (current, at) => {
      const folded = fold(current.actual.machine, report, foldContext(options, current.intent.exchange, at));
      question = folded.question;
      for (const alarm of folded.alarms)
        options.log.warn({ orderId: current.intent.orderId, alarm }, 'the exchange contradicts the order');
      const unchanged = folded.machine === current.actual.machine && folded.journal.length === 0;
      // An end closes what was asked before it, not what its own report asks.
      const ended = isTerminal(folded.machine) && !isTerminal(current.actual.machine);
      const asked = current.actual.reconciliation.attempts > 0 && !ended;
      // A question that is open already is told again with its time: a look-up begun before it does not answer it.
      if (unchanged && folded.question === null) return null;
      return {
        machine: folded.machine,
        journal: folded.journal,
        asksAgain: asked && folded.question !== null && isNews(report, current),
        reconciliation: {
          lastEvidenceAt: report.askedAt,
          // An open question is an attempt that has not succeeded yet: the planner answers it with a look-up.
          ...(folded.question === null || asked
            ? {}
            : { attempts: 1, nextAttemptAt: null, lastError: folded.question }),
        },
      };
    },
    known,
  );
  return { record: written?.record ?? null, changed: written?.changed ?? false, question };
}
