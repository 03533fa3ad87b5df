/** Bounds of one document. Refused before anything is executed, over HTTP and over WebSocket alike. */
export const LIMITS = {
  /** Lexical tokens: bounds the work of parsing and of validation. */
  tokens: 2_000,
  /** Nested fields. The deepest read that the schema allows (orders → edges → node → fills → nodes → fee → cost) has 7. */
  depth: 8,
  /** Nested fields below `__schema` and `__type`: the introspection query of the usual tools has 15. */
  introspectionDepth: 16,
  /** Objects that the answer may hold. */
  cost: 25_000,
  aliases: 30,
  directives: 30,
  /** Bytes of a request body and of a WebSocket message. */
  bodyBytes: 128 * 1024,
} as const;
