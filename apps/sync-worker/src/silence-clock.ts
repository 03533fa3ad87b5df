import type { StreamEvent } from '@orderplane/exchange';
import type { SyncContext } from './context.ts';
import { Heard, proofsIn, untold, type Proof } from './silence.ts';

/** Journal lines that one look reads at most: the newest. */
const MAX_LINES = 200n;

/** Listens along with one order stream, and knows from the account's journal what it should have told. */
export class SilenceClock {
  readonly #context: SyncContext;
  readonly #accountId: string;
  #connectedAt: string | null = null;
  #spokeAtMs = 0;
  #heard = new Heard();
  #proofs: readonly Proof[] = [];
  /** The journal is read up to here; null: not since the stream spoke. */
  #cursor: bigint | null = null;

  constructor(context: SyncContext, accountId: string) {
    this.#context = context;
    this.#accountId = accountId;
  }

  hear(event: StreamEvent): void {
    this.#spokeAtMs = this.#context.clock.now().getTime();
    switch (event.type) {
      case 'connected':
        this.#restart(this.#context.clock.iso());
        return;
      case 'disconnected':
        this.#restart(null);
        return;
      case 'reports':
        this.#heard.add(event.reports);
        return;
      case 'unreadable':
        return;
    }
  }

  /** What the stream should have told and has not; null while it speaks, or has nothing to say. */
  async look(): Promise<Proof | null> {
    const connectedAt = this.#connectedAt;
    const silenceMs = this.#context.env.STREAM_SILENCE_MS;
    const nowMs = this.#context.clock.now().getTime();
    // A stream that speaks costs no reads.
    if (connectedAt === null || nowMs - this.#spokeAtMs < silenceMs) {
      this.#cursor = null;
      this.#proofs = [];
      return null;
    }
    await this.#read(connectedAt);
    // It may have spoken, or gone, while the journal was read.
    if (this.#connectedAt !== connectedAt) return null;
    const mute = untold(this.#proofs, this.#heard, nowMs, silenceMs);
    this.#proofs = this.#proofs.filter((proof) => !this.#heard.hasTold(proof));
    return mute;
  }

  async #read(connectedAt: string): Promise<void> {
    const { ledger } = this.#context.recorder;
    const bounds = (await ledger.journalBounds([this.#accountId])).get(this.#accountId);
    const newest = bounds?.newest ?? 0n;
    const from = this.#cursor ?? (newest > MAX_LINES ? newest - MAX_LINES : 0n);
    if (newest <= from) return;
    const { lines, orders } = await ledger.accountJournal(this.#accountId, from, Number(MAX_LINES));
    this.#cursor = lines.at(-1)?.cursor ?? newest;
    this.#proofs = [...this.#proofs, ...proofsIn(lines, orders, connectedAt)].slice(-Number(MAX_LINES));
  }

  #restart(connectedAt: string | null): void {
    this.#connectedAt = connectedAt;
    this.#heard = new Heard();
    this.#proofs = [];
    this.#cursor = null;
  }
}
