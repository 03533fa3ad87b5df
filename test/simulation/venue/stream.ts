import type { StreamEvent } from '@orderplane/exchange';
import type { NormalizedFill, OrderReport } from '@orderplane/normalization';
import type { VenueOrder } from '@orderplane/planner/testing';
import type { AdapterParts } from './adapter.ts';

/** The order stream of one account to one process: tells every change, late, twice, in another order, or not at all. */
export class SimStream {
  readonly #parts: Omit<AdapterParts, 'streams'>;
  readonly #sink: (event: StreamEvent) => void;
  readonly #life: number;
  #isClosed = false;
  #isConnected = false;

  constructor(parts: Omit<AdapterParts, 'streams'>, sink: (event: StreamEvent) => void) {
    this.#parts = parts;
    this.#sink = sink;
    this.#life = parts.process.life;
  }

  get isOver(): boolean {
    return this.#isClosed || this.#parts.process.life !== this.#life;
  }

  isOf(accountId: string): boolean {
    return this.#parts.venue.accountId === accountId;
  }

  connect(): void {
    const { process, venue, random, timeline } = this.#parts;
    if (this.isOver) return;
    if (venue.isDown) {
      timeline.at(venue.downUntilMs + 1, `${venue.accountId} stream dials`, () => this.connect());
      return;
    }
    process.later(random.whole(5, 200), `${venue.accountId} stream connected`, () => {
      this.#isConnected = true;
      this.#tell({ type: 'connected' });
    });
  }

  break(forMs: number): void {
    const { process, venue, random, timeline } = this.#parts;
    if (this.isOver) return;
    this.#isConnected = false;
    process.later(random.whole(0, 50), `${venue.accountId} stream lost`, () =>
      this.#tell({ type: 'disconnected', error: 'the connection broke' }),
    );
    timeline.after(forMs, `${venue.accountId} stream dials`, () => this.connect());
  }

  close(): void {
    this.#isClosed = true;
  }

  changed(order: VenueOrder, fills: readonly NormalizedFill[]): void {
    const { venue, faults, random } = this.#parts;
    if (this.isOver || !this.#isConnected) return;
    if (faults.strikes('streamSilent', venue.number) || faults.strikes('streamDrop', venue.number)) return;
    const { streamTellsFees, streamTellsFills } = venue.habits;
    const told = streamTellsFills ? fills.map((fill) => (streamTellsFees ? fill : { ...fill, fee: null })) : [];
    const report = { source: 'stream' as const, order: venue.normalized(order), fills: told, fillsComplete: false };
    this.#send(report, faults.strikes('streamReorder', venue.number) ? random.whole(5, 4_000) : random.whole(2, 30));
    if (faults.strikes('streamDuplicate', venue.number)) this.#send(report, random.whole(2, 6_000));
  }

  #send(report: Omit<OrderReport, 'askedAt'>, delayMs: number): void {
    const { process, venue } = this.#parts;
    process.later(delayMs, `${venue.accountId} news of ${report.order?.orderId ?? ''}`, () =>
      this.#tell({ type: 'reports', reports: [{ ...report, askedAt: process.clock.iso() }] }),
    );
  }

  #tell(event: StreamEvent): void {
    if (!this.isOver) this.#sink(event);
  }
}
