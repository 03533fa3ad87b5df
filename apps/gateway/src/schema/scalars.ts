import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';

/** Longest text that a scalar takes, in characters: enough for every legal value, too short to be a burden. */
const MAX_LENGTH = 4_096;

const text = (scalar: string, value: unknown): string => {
  if (typeof value !== 'string')
    throw new GraphQLError(`${scalar} must be a string, e.g. ${EXAMPLES[scalar] ?? '"…"'}`);
  if (value.length > MAX_LENGTH) throw new GraphQLError(`${scalar} is longer than ${MAX_LENGTH} characters`);
  return value;
};

const EXAMPLES: Readonly<Record<string, string>> = {
  Decimal: '"0.00012"',
  DateTime: '"2026-01-31T12:00:00.000Z"',
};

/**
 * A scalar that travels as a JSON string. Only the kind of value is checked here (a JSON number has already lost its
 * digits); what the text says is checked by the resolvers, which can name the field in `userErrors`.
 */
const stringScalar = (name: string, description: string): GraphQLScalarType =>
  new GraphQLScalarType({
    name,
    description,
    serialize: (value) => text(name, value),
    parseValue: (value) => text(name, value),
    parseLiteral: (node: ValueNode) => text(name, node.kind === Kind.STRING ? node.value : null),
  });

export const scalars = {
  Decimal: stringScalar(
    'Decimal',
    'An exact decimal number in plain notation, e.g. "0.00012". Never a float, never an exponent.',
  ),
  DateTime: stringScalar('DateTime', 'RFC 3339 UTC instant with milliseconds.'),
  Cursor: stringScalar('Cursor', "An opaque position in an account's event journal."),
};
