const WIDTH = 46;

/**
 * Shows each step with its time, one line each; several may run at once. On a terminal the last line counts while they
 * run, elsewhere a long step is announced, so that a log never stands still without a reason.
 */
export class Steps {
  #out;
  /** Titles of the running steps, by start. @type {Map<object, { title: string, startedAt: number }>} */
  #running = new Map();
  /** @type {NodeJS.Timeout | null} */
  #timer = null;

  /** @param {NodeJS.WriteStream} [out] */
  constructor(out = process.stdout) {
    this.#out = out;
  }

  /**
   * @template T
   * @param {string} title
   * @param {(note: (text: string) => void) => Promise<T> | T} work `note` adds a remark to the finished line
   * @returns {Promise<T>}
   */
  async run(title, work) {
    const step = { title, startedAt: Date.now() };
    /** @type {string[]} */
    const notes = [];
    this.#begin(step);
    try {
      const result = await work((text) => notes.push(text));
      this.#end(step, '✓', notes);
      return result;
    } catch (cause) {
      this.#end(step, '✗', notes);
      throw cause;
    }
  }

  /** @param {string} text */
  say(text) {
    this.#clear();
    this.#out.write(`${text}\n`);
  }

  /** @param {{ title: string, startedAt: number }} step */
  #begin(step) {
    this.#running.set(step, step);
    this.#timer ??= setInterval(() => this.#show(), this.#out.isTTY === true ? 200 : 15_000);
  }

  /**
   * @param {{ title: string, startedAt: number }} step
   * @param {string} mark
   * @param {readonly string[]} notes
   */
  #end(step, mark, notes) {
    this.#running.delete(step);
    if (this.#running.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    this.#clear();
    this.#out.write(`${line(mark, step.title, step.startedAt)}${notes.length > 0 ? `  ${notes.join(', ')}` : ''}\n`);
  }

  #show() {
    const steps = [...this.#running.values()];
    const first = steps[0];
    if (first === undefined) return;
    this.#clear();
    const text = line('…', steps.map(({ title }) => title).join(', '), first.startedAt);
    this.#out.write(this.#out.isTTY === true ? text : `${text}\n`);
  }

  #clear() {
    if (this.#out.isTTY === true) this.#out.write('\r\u001b[2K');
  }
}

/**
 * @param {string} mark
 * @param {string} title
 * @param {number} startedAt
 */
function line(mark, title, startedAt) {
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1).padStart(6);
  return `  ${mark} ${title.padEnd(WIDTH)}${seconds} s`;
}
