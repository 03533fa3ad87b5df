import type { ProcessChange } from './managed-process.ts';
import type { ServiceName, StartableName } from './services.ts';

/** Shows steps to a person. `Steps` of the bootstrap is one. */
export interface Progress {
  run<T>(title: string, work: (note: (text: string) => void) => Promise<T> | T): Promise<T>;
}
export const SILENT: Progress = { run: async (_title, work) => work(() => undefined) };

export interface StackOptions {
  /** Directory of the system: data, secrets, logs, run.json. Created when missing. */
  readonly home: string;
  /** Of the gateway. Default 0: any free one. */
  readonly port?: number;
  /** Default true. */
  readonly simulator?: boolean;
  /** Default: all. */
  readonly services?: readonly ServiceName[];
  /** Processes of one service, default 1; the second is named e.g. "reconciler-2". Further gateways choose free ports. */
  readonly instances?: Partial<Record<ServiceName, number>>;
  /** Added to the environment of every service. */
  readonly env?: Readonly<Record<string, string>>;
  readonly serviceEnv?: Partial<Record<StartableName, Readonly<Record<string, string>>>>;
  /** Use this PostgreSQL instead of starting one. */
  readonly databaseUrl?: string | undefined;
  /** With `databaseUrl`: a new database beside that one, dropped at stop. Many cheap stacks on one server. */
  readonly freshDatabase?: boolean;
  /** Use this Redis (redis://host:port/db) instead of starting one. */
  readonly redisUrl?: string | undefined;
  /** False (tests): own PostgreSQL does not wait for the disk. Default true. */
  readonly durable?: boolean;
  readonly progress?: Progress;
  /** Told of every change of a process after the start. */
  readonly onChange?: (change: ProcessChange) => void;
  /** Aborts the start; everything begun is stopped. */
  readonly signal?: AbortSignal;
}
