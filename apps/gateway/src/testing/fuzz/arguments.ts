import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';
import type { Case } from './case.ts';

/** What parsers, databases and lists of names refuse, each in its own way. */
const EVIL = ['a\u0000b', 'a\ud800b', 'x'.repeat(5_000), '1e400', ''];
const TEXTS: ReadonlySet<string> = new Set(['String', 'ID', 'Cursor', 'Decimal', 'DateTime']);
type Root = 'Query' | 'Mutation';
const ID = '00000000-0000-4000-8000-000000000000';

/** Each argument of these queries and mutations that holds a text, however deep, with each of these texts in it. */
export const everyText = (schema: GraphQLSchema, isAsked: (root: Root, field: string) => boolean): readonly Case[] =>
  (['Query', 'Mutation'] as const).flatMap((root) => {
    const type = schema.getType(root);
    if (!isObjectType(type)) return [];
    const fields = Object.values(type.getFields()).filter(({ name }) => isAsked(root, name));
    return fields.flatMap((field) => casesOf(root, field));
  });

function casesOf(root: Root, field: GraphQLField<unknown, unknown>): readonly Case[] {
  const [query, args] = [documentOf(root, field), field.args];
  const needed = Object.fromEntries(args.filter(isNeeded).map(({ name, type }) => [name, plain(name, type)]));
  return args.flatMap(({ name, type }) =>
    texts(name, type).flatMap((path) =>
      EVIL.map((text) => ({
        what: `${field.name} ${path.join('.')} ${JSON.stringify(text.slice(0, 20))}`,
        body: JSON.stringify({ query, variables: put(needed, path, text) }),
        statuses: [200, 400],
      })),
    ),
  );
}

function documentOf(root: Root, { name, args, type }: GraphQLField<unknown, unknown>): string {
  const declared = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const given = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const [head, call] = args.length === 0 ? ['', ''] : [` (${declared})`, `(${given})`];
  const selection = isObjectType(getNamedType(type)) ? ' { __typename }' : '';
  return `${root.toLowerCase()}${head} { ${name}${call}${selection} }`;
}

const isNeeded = ({ type }: Pick<GraphQLArgument, 'type'>): boolean => isNonNullType(type);

/** A value that passes, so that the one which does not is what is judged. */
function plain(name: string, given: GraphQLInputType): unknown {
  const type = getNullableType(given);
  if (isListType(type)) return [plain(name, type.ofType)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type))
    return Object.fromEntries(
      Object.values(type.getFields())
        .filter(isNeeded)
        .map((field) => [field.name, plain(field.name, field.type)]),
    );
  if (type.name === 'ID') return name === 'accountId' ? 'acc-ada' : ID;
  if (type.name === 'Int') return 5;
  if (type.name === 'Boolean') return false;
  return { exchange: 'binance', symbol: 'BTC-USDT', transition: 'REFRESH' }[name] ?? '1';
}

/** Where texts stand beneath an argument; a list by its first place. */
function texts(name: string, given: GraphQLInputType): readonly (readonly string[])[] {
  const type = getNullableType(given);
  if (isListType(type)) return texts('0', type.ofType).map((path) => [name, ...path]);
  if (isInputObjectType(type))
    return Object.values(type.getFields()).flatMap((field) =>
      texts(field.name, field.type).map((path) => [name, ...path]),
    );
  return TEXTS.has(type.toString()) ? [[name]] : [];
}

function put(value: unknown, [name, ...rest]: readonly string[], text: string): unknown {
  if (name === undefined) return text;
  if (name === '0') return [put(Array.isArray(value) ? (value as unknown[])[0] : undefined, rest, text)];
  const object = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  return { ...object, [name]: put(object[name], rest, text) };
}
