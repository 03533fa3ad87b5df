import {
  getArgumentValues,
  getNamedType,
  getOperationAST,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
} from 'graphql';
import type {
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  GraphQLError,
  GraphQLField,
  GraphQLObjectType,
  GraphQLOutputType,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionSetNode,
} from 'graphql';
import { requestError } from '../server/errors.ts';
import { LIMITS } from './limits.ts';

/** Assumed length of a list that has no `first`. */
const ASSUMED_LIST_LENGTH = 10;

type Variables = Readonly<Record<string, unknown>>;

/**
 * Objects that the answer to a valid document could hold: a connection counts as its page size. The page size usually
 * comes as a variable, so this is asked per request, after validation; ready-made validation rules can't see it.
 * Null when the document may run.
 */
export function checkCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Variables,
): GraphQLError | null {
  const operation = getOperationAST(document, operationName);
  const root = operation ? schema.getRootType(operation.operation) : undefined;
  if (!operation || !isObjectType(root)) return null;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const cost = new CostScale(fragments, withDefaults(operation, variables)).selections(operation.selectionSet, root, 0);
  if (cost <= LIMITS.cost) return null;
  return requestError(
    'DOCUMENT_TOO_COSTLY',
    `the answer could hold ${cost} objects, at most ${LIMITS.cost} are allowed: ask for smaller pages`,
  );
}

/** Variables as they will be, with the defaults that the operation gives to integers (page sizes). */
function withDefaults(operation: OperationDefinitionNode, variables: Variables): Variables {
  const values: Record<string, unknown> = {};
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    const name = variable.name.value;
    if (name in variables) values[name] = variables[name];
    else if (defaultValue?.kind === Kind.INT) values[name] = Number(defaultValue.value);
  }
  return values;
}

class CostScale {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: Variables;
  /** A fragment costs the same wherever it is spread in a page of the same size: linear work for any document. */
  readonly #known = new Map<string, number>();

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>, variables: Variables) {
    this.#fragments = fragments;
    this.#variables = variables;
  }

  /** `page`: the page size for lists directly below a connection (`nodes`, `edges`), 0 elsewhere. */
  selections(set: SelectionSetNode, type: GraphQLObjectType, page: number): number {
    let cost = 0;
    for (const selection of set.selections)
      switch (selection.kind) {
        case Kind.FIELD:
          cost += this.#field(selection, type, page);
          break;
        case Kind.INLINE_FRAGMENT:
          cost += this.selections(selection.selectionSet, type, page);
          break;
        case Kind.FRAGMENT_SPREAD:
          cost += this.#spread(selection.name.value, type, page);
          break;
      }
    return cost;
  }

  #spread(name: string, type: GraphQLObjectType, page: number): number {
    const key = `${name} ${page}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const fragment = this.#fragments.get(name);
    const cost = fragment === undefined ? 0 : this.selections(fragment.selectionSet, type, page);
    this.#known.set(key, cost);
    return cost;
  }

  #field(node: FieldNode, parent: GraphQLObjectType, page: number): number {
    const field = parent.getFields()[node.name.value];
    if (node.selectionSet === undefined || field === undefined) return 0;
    const type = getNamedType(field.type);
    if (!isObjectType(type)) return 0;
    const first = this.#pageSize(field, node);
    const below = this.selections(node.selectionSet, type, first ?? 0);
    if (first !== null || !isList(field.type)) return 1 + below;
    return (page === 0 ? ASSUMED_LIST_LENGTH : page) * (1 + below);
  }

  /** Null for a field without `first`. What execution will refuse anyway counts as 1. */
  #pageSize(field: GraphQLField<unknown, unknown>, node: FieldNode): number | null {
    if (!field.args.some((argument) => argument.name === 'first')) return null;
    try {
      const first: unknown = getArgumentValues(field, node, this.#variables)['first'];
      return typeof first === 'number' && first > 0 ? first : 1;
    } catch {
      return 1;
    }
  }
}

const isList = (type: GraphQLOutputType): boolean => (isNonNullType(type) ? isList(type.ofType) : isListType(type));
