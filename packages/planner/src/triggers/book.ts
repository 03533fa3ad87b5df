import type { DecimalString, TriggerSource } from '@orderplane/domain';
import { TRIGGER_SOURCES } from '@orderplane/domain';
import { Ladder } from './ladder.ts';
import type { Armed } from './model.ts';

const keyOf = ({ source, direction }: Pick<Armed, 'source' | 'direction'>): string => `${source} ${direction}`;

/** All triggers of one market. Arming and disarming cost O(log n), a price one comparison per direction and one per hit. */
export class TriggerBook {
  readonly #ladders = new Map<string, Ladder>();
  readonly #armed = new Map<string, Armed>();

  get size(): number {
    return this.#armed.size;
  }

  get(id: string): Armed | undefined {
    return this.#armed.get(id);
  }

  all(): Iterable<Armed> {
    return this.#armed.values();
  }

  /** Sources that some trigger looks at. */
  sources(): readonly TriggerSource[] {
    return TRIGGER_SOURCES.filter((source) => this.#looksAt(source));
  }

  /** Takes the place of an older version; the same or an older version changes nothing. */
  arm(armed: Armed): void {
    const known = this.#armed.get(armed.id);
    if (known !== undefined && known.version >= armed.version) return;
    if (known !== undefined) this.disarm(known.id);
    this.#armed.set(armed.id, armed);
    const key = keyOf(armed);
    const ladder = this.#ladders.get(key) ?? new Ladder(armed.direction);
    this.#ladders.set(key, ladder);
    ladder.add(armed);
  }

  disarm(id: string): void {
    const known = this.#armed.get(id);
    if (known === undefined) return;
    this.#armed.delete(id);
    this.#ladders.get(keyOf(known))?.remove(id);
  }

  /** Takes out and gives all that fire at this price. Whoever can't record one must arm it again. */
  reached(source: TriggerSource, price: DecimalString): Armed[] {
    const fired = (['AT_OR_ABOVE', 'AT_OR_BELOW'] as const).flatMap(
      (direction) => this.#ladders.get(keyOf({ source, direction }))?.reached(price) ?? [],
    );
    for (const { id } of fired) this.#armed.delete(id);
    return fired;
  }

  #looksAt(source: TriggerSource): boolean {
    return (['AT_OR_ABOVE', 'AT_OR_BELOW'] as const).some(
      (direction) => (this.#ladders.get(keyOf({ source, direction }))?.size ?? 0) > 0,
    );
  }
}
