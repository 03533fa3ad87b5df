export interface PageRequest {
  /** At most 200. */
  readonly limit: number;
  readonly after?: string;
}
