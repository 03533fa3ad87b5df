import type { Ports } from '../ports.ts';
import type { AuditTrail } from './audit-trail.ts';

const MINUTE_MS = 60_000;
/** Lines that failed sign-ins may write in a minute and process; the rest is counted in one more line. */
const LINES_PER_MINUTE = 30;
/** Addresses that are counted at once; the one that failed longest ago gives way. */
const MAX_ADDRESSES = 10_000;

export interface FailedSignIn {
  readonly why: string;
  readonly remote: string | null;
  /** The part of a token that may be shown, if it looked like one. */
  readonly via: string | null;
}

/**
 * Keeps account of failed sign-ins: for each address, so that who only tries is stopped before the database is asked, and
 * for the audit, with so few lines that nobody can fill the disk with them.
 */
export class SignInWatch {
  readonly #failures = new Map<string, { sinceMs: number; count: number }>();
  readonly #ports: Pick<Ports, 'clock'>;
  readonly #audit: Pick<AuditTrail, 'note'>;
  readonly #mostPerMinute: number;
  #minute = { sinceMs: 0, lines: 0, unwritten: 0, addresses: new Set<string>() };

  constructor(ports: Pick<Ports, 'clock'>, audit: Pick<AuditTrail, 'note'>, mostPerMinute: number) {
    this.#ports = ports;
    this.#audit = audit;
    this.#mostPerMinute = mostPerMinute;
  }

  /** How long this address has to wait, ms; null: it may try. */
  waitMs(remote: string | null): number | null {
    const known = this.#failures.get(remote ?? '');
    if (known === undefined || known.count < this.#mostPerMinute) return null;
    const leftMs = known.sinceMs + MINUTE_MS - this.#nowMs();
    return leftMs > 0 ? leftMs : null;
  }

  /** `costly`: the database or the identity provider's keys had to be asked. */
  failed({ why, remote, via }: FailedSignIn, cost: 'costly' | 'free'): void {
    if (cost === 'costly') this.#count(remote ?? '');
    this.#turnMinute();
    const minute = this.#minute;
    if (minute.lines >= LINES_PER_MINUTE) {
      minute.unwritten += 1;
      if (minute.addresses.size < MAX_ADDRESSES) minute.addresses.add(remote ?? '');
      return;
    }
    minute.lines += 1;
    this.#write(`UNAUTHENTICATED: ${why}`, remote, via);
  }

  /** Writes what was counted only. */
  close(): void {
    this.#tellUnwritten();
  }

  #count(remote: string): void {
    const nowMs = this.#nowMs();
    const known = this.#failures.get(remote);
    if (known !== undefined && known.sinceMs + MINUTE_MS > nowMs) {
      known.count += 1;
      return;
    }
    this.#failures.delete(remote);
    const oldest = this.#failures.keys().next();
    if (this.#failures.size >= MAX_ADDRESSES && oldest.done !== true) this.#failures.delete(oldest.value);
    this.#failures.set(remote, { sinceMs: nowMs, count: 1 });
  }

  #turnMinute(): void {
    if (this.#minute.sinceMs + MINUTE_MS > this.#nowMs()) return;
    this.#tellUnwritten();
    this.#minute = { sinceMs: this.#nowMs(), lines: 0, unwritten: 0, addresses: new Set() };
  }

  #tellUnwritten(): void {
    const { unwritten, addresses } = this.#minute;
    if (unwritten > 0)
      this.#write(`UNAUTHENTICATED: ${unwritten} more within a minute, from ${addresses.size} addresses`, null, null);
    this.#minute.unwritten = 0;
  }

  #write(outcome: string, remote: string | null, via: string | null): void {
    const at = this.#ports.clock.iso();
    this.#audit.note({ at, userId: null, action: 'signIn', target: null, outcome, remote, via });
  }

  #nowMs(): number {
    return this.#ports.clock.now().getTime();
  }
}
