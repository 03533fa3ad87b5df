export interface Case {
  readonly what: string;
  readonly method?: string;
  readonly path?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** What may be answered. */
  readonly statuses: readonly number[];
}

/** Answers of GraphQL over HTTP to what is no good: refused, or executed with errors in their place. */
export const REFUSED_OR_ANSWERED = [200, 400, 403, 413, 429];
