import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';

/** Floors run in processes of their own, as our services do. This is their line to the bench: questions and answers. */

const AnswerSchema = z.union([
  z.object({ ready: z.unknown() }),
  z.object({ id: z.number(), answer: z.unknown() }),
  z.object({ id: z.number(), error: z.string() }),
]);
const QuestionSchema = z.object({ id: z.number(), question: z.unknown() });

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (cause: Error) => void;
}

/** The bench's side of one floor process. */
export class FloorProcess {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  /** What the process said of itself when it was ready. */
  readonly ready: Promise<unknown>;

  constructor(name: string, environment: Readonly<Record<string, string>>) {
    this.#name = name;
    this.#child = fork(join(import.meta.dirname, `${name}.ts`), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...environment },
    });
    const ready = Promise.withResolvers<unknown>();
    this.ready = ready.promise;
    this.ready.catch(() => undefined);
    this.#child.on('message', (message) => {
      const parsed = AnswerSchema.parse(message);
      if ('ready' in parsed) return ready.resolve(parsed.ready);
      const waiting = this.#waiting.get(parsed.id);
      this.#waiting.delete(parsed.id);
      if ('error' in parsed) waiting?.reject(new Error(`${name}: ${parsed.error}`));
      else waiting?.resolve(parsed.answer);
    });
    this.#child.on('exit', (code) => {
      const gone = new Error(`the floor process ${name} ended with ${code}`);
      ready.reject(gone);
      for (const { reject } of this.#waiting.values()) reject(gone);
    });
  }

  async ask<Answer>(schema: z.ZodType<Answer>, question: unknown): Promise<Answer> {
    await this.ready;
    const id = this.#next;
    this.#next += 1;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, question }, (cause) => cause && reject(cause));
    });
    return schema.parse(await answer);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    // Floors keep nothing: the end of the line is the end of the process.
    if (this.#child.connected) this.#child.disconnect();
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), 2_000);
    await ended;
    clearTimeout(impatience);
  }

  get name(): string {
    return this.#name;
  }
}

/** The floor's side: says that it is ready and answers questions until the bench goes away. */
export function serveBench(info: unknown, answer: (question: unknown) => Promise<unknown>): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    const { id, question } = QuestionSchema.parse(message);
    answer(question).then(
      (given) => process.send?.({ id, answer: given }),
      (cause: unknown) => process.send?.({ id, error: cause instanceof Error ? cause.message : String(cause) }),
    );
  });
  process.send?.({ ready: info });
}

/** A variable that the bench has set. Throws when it is missing. */
export function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
