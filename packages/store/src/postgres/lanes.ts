interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (cause: unknown) => void;
}

export interface LaneOptions<Item, Result> {
  /** Does all of it in one go, or nothing; results in the order of the items. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Two items of one key are never in one go. Left out: any may share one. */
  readonly keyOf?: (item: Item) => string;
  /** True when a failure may be the fault of one item: then each is tried alone. Must be safe after any such failure. */
  readonly isFaultOfOne?: (cause: unknown) => boolean;
  readonly maxItems: number;
}

/**
 * Work in lanes. In each lane one go runs at a time; what comes meanwhile waits, and then goes together. An item that
 * finds its lane empty waits for nothing, and the busier a lane is, the more its items share.
 */
export class Lanes<Item, Result> {
  readonly #options: LaneOptions<Item, Result>;
  /** A lane is here while something runs in it. */
  readonly #lanes = new Map<string, Waiting<Item, Result>[]>();

  constructor(options: LaneOptions<Item, Result>) {
    this.#options = options;
  }

  /** Rejects with what `run` threw for this item. */
  add(lane: string, item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const entry = { item, resolve, reject };
      const waiting = this.#lanes.get(lane);
      if (waiting !== undefined) {
        waiting.push(entry);
        return;
      }
      const queue = [entry];
      this.#lanes.set(lane, queue);
      void this.#drain(lane, queue);
    });
  }

  async #drain(lane: string, queue: Waiting<Item, Result>[]): Promise<void> {
    while (queue.length > 0) await this.#perform(this.#take(queue));
    this.#lanes.delete(lane);
  }

  /** The longest-waiting items with different keys, in their order. */
  #take(queue: Waiting<Item, Result>[]): readonly Waiting<Item, Result>[] {
    const { keyOf, maxItems } = this.#options;
    const keys = new Set<string>();
    const later: Waiting<Item, Result>[] = [];
    const taken: Waiting<Item, Result>[] = [];
    for (const entry of queue) {
      const key = keyOf?.(entry.item);
      if (taken.length < maxItems && (key === undefined || !keys.has(key))) taken.push(entry);
      else later.push(entry);
      if (key !== undefined) keys.add(key);
    }
    queue.splice(0, queue.length, ...later);
    return taken;
  }

  /** Never rejects: every entry is told. */
  async #perform(entries: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#options.run(entries.map(({ item }) => item));
      entries.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (result === undefined) reject(new Error(`no result for item ${index} of ${entries.length}`));
        else resolve(result);
      });
    } catch (cause) {
      if (entries.length > 1 && this.#options.isFaultOfOne?.(cause) === true) {
        for (const entry of entries) await this.#perform([entry]);
      } else {
        for (const { reject } of entries) reject(cause);
      }
    }
  }
}
