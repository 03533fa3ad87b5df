import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { LIMITS } from '../limits/limits.ts';
import { structureRule } from '../limits/structure.ts';

/** Texts whose documents are kept: those of the clients of today, at most about a megabyte each. */
const MAX_KEPT = 50;

/** A document that was found valid. */
export interface KnownDocument {
  readonly document: DocumentNode;
  /** Unique in this process, and shorter than the text. */
  readonly number: number;
  /** Names of the variables that matter beneath the root field: all others only choose what is subscribed to. */
  readonly selecting: readonly string[];
}

/**
 * Parses and validates each text once. A thousand subscribers with the same text share one document, which saves their
 * memory as well, and what graphql-js remembers for it.
 */
export class Documents {
  readonly #schema: GraphQLSchema;
  readonly #introspection: boolean;
  /** In the order of their last use. */
  readonly #known = new Map<string, KnownDocument>();
  #count = 0;

  /** `introspection`: whether the schema is told, by that and by hints in errors. */
  constructor(schema: GraphQLSchema, introspection = true) {
    this.#schema = schema;
    this.#introspection = introspection;
  }

  /** Errors instead, for text that is no valid document; those are not remembered. */
  read(text: string): KnownDocument | readonly GraphQLError[] {
    const known = this.#known.get(text) ?? this.#new(text);
    if (!('document' in known)) return known;
    this.#known.delete(text);
    this.#known.set(text, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_KEPT) break;
      this.#known.delete(oldest);
    }
    return known;
  }

  #new(text: string): KnownDocument | readonly GraphQLError[] {
    let document: DocumentNode;
    try {
      document = parse(text, { maxTokens: LIMITS.tokens });
    } catch (cause) {
      return [cause instanceof GraphQLError ? cause : new GraphQLError('the document can not be read')];
    }
    const hidden = this.#introspection ? [] : [NoSchemaIntrospectionCustomRule];
    const options = { maxErrors: 10, hideSuggestions: !this.#introspection };
    const problems = validate(this.#schema, document, [...specifiedRules, structureRule, ...hidden], options);
    if (problems.length > 0) return problems;
    this.#count += 1;
    return { document, number: this.#count, selecting: selectingVariables(this.#schema, document) };
  }
}

function selectingVariables(schema: GraphQLSchema, document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      VariableDefinition: () => false,
      // The arguments of a subscription's root field.
      Argument: () =>
        types.getParentType() === schema.getSubscriptionType() && !types.getDirective() ? false : undefined,
      Variable: ({ name }) => void names.add(name.value),
    }),
  );
  return [...names].sort();
}
