declare const result: unique symbol;

/**
 * A GraphQL document that knows its result and its variables: what `request` of a client takes. Documents of your own are
 * made the same way, with the types that your own code generator gives.
 */
export interface TypedDocument<Result, Variables> {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string;
  readonly text: string;
  /** Never there: carries the types. */
  readonly [result]?: (variables: Variables) => Result;
}

export const typedDocument = <Result, Variables>(
  kind: TypedDocument<Result, Variables>['kind'],
  name: string,
  text: string,
): TypedDocument<Result, Variables> => ({ kind, name, text });
