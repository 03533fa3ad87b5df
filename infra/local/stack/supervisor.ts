import { ManagedProcess } from './managed-process.ts';
import type { ProcessChange, ProcessSpec, ReadyInfo } from './managed-process.ts';
import type { LogFiles } from './log-files.ts';

/** All processes of a stack, by name. */
export class Supervisor {
  readonly #logs: LogFiles;
  readonly #onChange: (change: ProcessChange) => void;
  readonly #processes = new Map<string, ManagedProcess>();
  /** Nothing starts any more: a start that was interrupted goes on in the background for a while. */
  #isClosed = false;

  constructor(logs: LogFiles, onChange: (change: ProcessChange) => void) {
    this.#logs = logs;
    this.#onChange = onChange;
  }

  /** Starts a new process and keeps it running. Resolves when it is ready. */
  start(spec: ProcessSpec): Promise<ReadyInfo> {
    if (this.#isClosed) return Promise.reject(new Error(`${spec.name} is not started: everything is being stopped`));
    const managed = new ManagedProcess(spec, this.#logs, this.#onChange);
    this.#processes.set(spec.name, managed);
    return managed.start();
  }

  get(name: string): ManagedProcess {
    const managed = this.#processes.get(name);
    if (managed === undefined)
      throw new RangeError(`no process "${name}": there are ${[...this.#processes.keys()].join(', ')}`);
    return managed;
  }

  has(name: string): boolean {
    return this.#processes.has(name);
  }

  all(): readonly ManagedProcess[] {
    return [...this.#processes.values()];
  }

  /** Stops group after group, the members of a group at once. Names that do not run are skipped. */
  async stopInOrder(groups: readonly ((name: string) => boolean)[]): Promise<void> {
    this.#isClosed = true;
    for (const belongs of groups) {
      const group = this.all().filter((managed) => belongs(managed.name));
      await Promise.all(group.map((managed) => managed.stop()));
    }
  }

  async stopHard(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.all().map((managed) => managed.stopHard()));
  }
}
