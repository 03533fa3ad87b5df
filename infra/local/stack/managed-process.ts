import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { CONFIGURATION_EXIT_CODE, backoffMs, sleep, withDeadline } from '@orderplane/service-kit';
import { EXIT, Failure } from '../bootstrap/failure.mjs';
import type { LogFiles } from './log-files.ts';

/** What a process told when it became ready: ports and addresses. */
export type ReadyInfo = Readonly<Record<string, unknown>>;

/** One run of the process, as its readiness check sees it. */
export interface Attempt {
  readonly pid: number;
  /** The process's own ready message (IPC). */
  readonly announced: Promise<ReadyInfo>;
  /** Aborts when the process ends. */
  readonly ended: AbortSignal;
}

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Asked anew at each start: what became known at the last one (a chosen port) can be kept. */
  readonly environment: () => Record<string, string>;
  readonly cwd: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Services of ours announce themselves and watch this process; servers get a guard instead. */
  readonly kind: 'service' | 'server';
  readonly stopSignal: NodeJS.Signals;
  readonly stopDeadlineMs: number;
  /** After `stopDeadlineMs`, or at once on a hard stop. */
  readonly hardSignal: NodeJS.Signals;
  readonly readyDeadlineMs: number;
  /** Resolves when it serves. */
  readonly ready: (attempt: Attempt) => Promise<ReadyInfo>;
}

export type ProcessState = 'down' | 'starting' | 'ready' | 'waiting' | 'failed';

export interface ProcessChange {
  readonly name: string;
  readonly state: ProcessState;
  readonly detail: string;
}

/** A process that was ready and dies comes back for ever; one that never was is given up after so many tries. */
const FIRST_TRIES = 3;
const RESTART = { baseMs: 200, capMs: 10_000 };
/** Up so long, and an end counts as the first again. */
const STABLE_MS = 20_000;

/** Keeps one process running: restarts it with backoff when it ends, and stops it in good order. */
export class ManagedProcess {
  readonly spec: ProcessSpec;
  readonly #logs: LogFiles;
  readonly #onChange: (change: ProcessChange) => void;
  #state: ProcessState = 'down';
  #child: ChildProcess | null = null;
  #guard: ChildProcess | null = null;
  #info: ReadyInfo = {};
  #wanted = false;
  #everReady = false;
  #loop: Promise<void> = Promise.resolve();
  #skipBackoff = new AbortController();
  #ready = Promise.withResolvers<ReadyInfo>();
  restarts = 0;

  constructor(spec: ProcessSpec, logs: LogFiles, onChange: (change: ProcessChange) => void) {
    this.spec = spec;
    this.#logs = logs;
    this.#onChange = onChange;
    this.#ready.promise.catch(() => undefined);
  }

  get name(): string {
    return this.spec.name;
  }
  get state(): ProcessState {
    return this.#state;
  }
  /** Null while no process runs. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }
  /** Of the newest start. */
  get info(): ReadyInfo {
    return this.#info;
  }

  /** Resolves when ready. Rejects with a Failure that quotes the log when the process can't be brought up. */
  start(): Promise<ReadyInfo> {
    if (!this.#wanted) {
      this.#wanted = true;
      if (this.#state === 'failed') this.#renewReady();
      this.#loop = this.#loop.then(() => this.#keepRunning());
    }
    return this.#ready.promise;
  }

  /** Resolves at the current readiness, or the next one. */
  whenReady(): Promise<ReadyInfo> {
    return this.#ready.promise;
  }

  /** Graceful; past the deadline by force. Resolves when the process is gone and stays so. */
  async stop(): Promise<void> {
    this.#wanted = false;
    this.#skipBackoff.abort();
    const child = this.#child;
    if (child !== null) {
      child.kill(this.spec.stopSignal);
      const timer = setTimeout(() => child.kill(this.spec.hardSignal), this.spec.stopDeadlineMs);
      await this.#loop.finally(() => clearTimeout(timer));
    }
    await this.#loop;
  }

  /** No grace. Resolves when the process is gone and stays so. */
  async stopHard(): Promise<void> {
    this.#wanted = false;
    this.#skipBackoff.abort();
    this.#child?.kill(this.spec.hardSignal);
    const child = this.#child;
    const timer = setTimeout(() => child?.kill('SIGKILL'), 1_000);
    await this.#loop.finally(() => clearTimeout(timer));
  }

  /** Sends a signal as an accident would; the process comes back by itself. Resolves when it is gone. */
  async kill(name: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(name);
    await gone;
  }

  /** As `kill`, but the process stays away until `start`. */
  async killAndStay(name: NodeJS.Signals): Promise<void> {
    this.#wanted = false;
    this.#skipBackoff.abort();
    await this.kill(name);
    await this.#loop;
  }

  async #keepRunning(): Promise<void> {
    let failures = 0;
    while (this.#wanted) {
      const startedAt = Date.now();
      const ending = await this.#runOnce();
      if (!this.#wanted) break;
      failures = Date.now() - startedAt > STABLE_MS ? 1 : failures + 1;
      if (ending.exitCode === CONFIGURATION_EXIT_CODE || (!this.#everReady && failures >= FIRST_TRIES)) {
        this.#giveUp(ending.text);
        return;
      }
      const waitMs = backoffMs(failures - 1, RESTART);
      this.restarts += 1;
      this.#change('waiting', `${ending.text}; restart in ${waitMs} ms`);
      this.#skipBackoff = new AbortController();
      await sleep(waitMs, this.#skipBackoff.signal);
    }
    this.#change('down', 'stopped');
  }

  /** One life of the process, from spawn to exit. */
  async #runOnce(): Promise<{ readonly exitCode: number | null; readonly text: string }> {
    const { spec } = this;
    this.#change('starting', '');
    const child = this.#spawn();
    const exit = Promise.withResolvers<{ exitCode: number | null; text: string }>();
    const ended = new AbortController();
    child.once('error', (cause) => exit.resolve({ exitCode: null, text: `could not be run: ${cause.message}` }));
    child.once('exit', (code, signalName) =>
      exit.resolve({ exitCode: code, text: signalName === null ? `exit code ${code}` : `ended by ${signalName}` }),
    );
    if (child.pid !== undefined) {
      this.#child = child;
      this.#guardServer(child.pid);
      const attempt: Attempt = { pid: child.pid, announced: announcement(child), ended: ended.signal };
      this.#awaitReady(attempt).catch((cause: unknown) => {
        if (ended.signal.aborted) return;
        const reason = cause instanceof Error ? cause.message : String(cause);
        this.#change('starting', `not ready: ${reason}`);
        child.kill(spec.hardSignal);
      });
    }
    const ending = await exit.promise;
    ended.abort();
    this.#child = null;
    this.#guard?.kill('SIGKILL');
    this.#guard = null;
    if (this.#state === 'ready') this.#renewReady();
    return ending;
  }

  async #awaitReady(attempt: Attempt): Promise<void> {
    const gone = new Promise<null>((resolve) => attempt.ended.addEventListener('abort', () => resolve(null)));
    const serving = Promise.race([this.spec.ready(attempt), gone]);
    const info = await withDeadline(serving, this.spec.readyDeadlineMs, `start of ${this.name}`);
    if (info === null || attempt.ended.aborted) return;
    this.#info = info;
    this.#everReady = true;
    this.#change('ready', '');
    this.#ready.resolve(info);
  }

  #spawn(): ChildProcess {
    const { spec } = this;
    const log = this.#logs.open(spec.name);
    try {
      return spawn(spec.command, spec.args, {
        cwd: spec.cwd,
        env: spec.environment(),
        // Its own process group: Ctrl-C reaches this program only, which then stops all in order.
        detached: true,
        stdio: spec.kind === 'service' ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
        ...(spec.uid === undefined ? {} : { uid: spec.uid }),
        ...(spec.gid === undefined ? {} : { gid: spec.gid }),
      });
    } finally {
      closeSync(log);
    }
  }

  /** A shell that waits for the end of this process (its input closes, also on SIGKILL), then stops the server. */
  #guardServer(pid: number): void {
    if (this.spec.kind !== 'server') return;
    const name = this.spec.stopSignal.replace(/^SIG/, '');
    const guard = spawn('/bin/sh', ['-c', 'read -r line; kill -s "$0" "$1"', name, String(pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    guard.on('error', () => undefined);
    guard.unref();
    this.#guard = guard;
  }

  #giveUp(reason: string): void {
    this.#wanted = false;
    const tail = this.#logs.tail(this.name);
    const quoted = tail.length === 0 ? '' : `\nThe end of its log:\n${tail.map((line) => `  ${line}`).join('\n')}`;
    const isDiskFull = tail.some((line) => /No space left on device|ENOSPC/.test(line));
    this.#change('failed', reason);
    this.#ready.reject(
      new Failure(isDiskFull ? EXIT.diskFull : EXIT.failed, `${this.name} does not start (${reason}).${quoted}`, [
        ...(isDiskFull ? ['The disk is full: free some space, then run the command again.'] : []),
        `The whole log: ${this.#logs.path(this.name)}`,
      ]),
    );
  }

  #renewReady(): void {
    this.#ready = Promise.withResolvers<ReadyInfo>();
    this.#ready.promise.catch(() => undefined);
  }

  #change(state: ProcessState, detail: string): void {
    this.#state = state;
    this.#onChange({ name: this.name, state, detail });
  }
}

function announcement(child: ChildProcess): Promise<ReadyInfo> {
  return new Promise((resolve) => {
    child.on('message', (message: unknown) => {
      if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready') {
        resolve(message);
      }
    });
  });
}
