import type { Stage } from './stage.ts';

/**
 * One conformance card: a situation at an exchange and what must come of it. `run` brings the situation about and
 * throws an error that says what is wrong; what must hold after every card is checked afterwards (audit.ts).
 */
export interface Card {
  /** "OP-01". */
  readonly id: string;
  readonly title: string;
  readonly situation: string;
  readonly required: string;
  /** A part that this system does not do yet: what it does is still run and may fail, but it is not called passed. */
  readonly unserved?: string;
  /**
   * What others must not do meanwhile. `exchange`: it changes what concerns all accounts of the exchange. `restarts`:
   * it kills services, so that everybody near has to bear that. `system`: nobody else can work meanwhile.
   */
  readonly alone?: 'exchange' | 'restarts' | 'system';
  /** Markets of its own, default 1: nobody else moves their prices. */
  readonly markets?: number;
  /** The market must be one of contracts: it has positions. */
  readonly contract?: boolean;
  /** Accounts of its own, default 1. */
  readonly accounts?: number;
  run(stage: Stage): Promise<void>;
}

/** A card about something that is not served: nothing can be run. */
export type Absent = Omit<Card, 'run' | 'unserved'> & { readonly absent: string };
export type AnyCard = Card | Absent;

export const isAbsent = (card: AnyCard): card is Absent => 'absent' in card;
