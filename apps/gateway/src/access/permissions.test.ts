import { ROLES, type Role } from '@orderplane/domain';
import { isEnumType, isInputObjectType, isNonNullType, isListType, isObjectType, getNamedType } from 'graphql';
import type { GraphQLArgument, GraphQLInputType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildGatewaySchema } from '../schema/build.ts';
import { World } from '../testing/world.ts';
import { PERMISSIONS } from './permissions.ts';

const schema = buildGatewaySchema();
const TYPES = ['Query', 'Mutation', 'Subscription'] as const;
const HOLDERS: Readonly<Record<Role, string>> = { viewer: 'ada-viewer', trader: 'ada-trader', admin: 'root-admin' };

function fieldsOf(name: (typeof TYPES)[number]) {
  const type = schema.getType(name);
  return isObjectType(type) ? Object.values(type.getFields()) : [];
}

test.each(TYPES)('%s: every field has its row, and no row is left over', (name) => {
  expect(Object.keys(PERMISSIONS[name]).sort()).toEqual(
    fieldsOf(name)
      .map((field) => field.name)
      .sort(),
  );
});

/** Any value of the type, as GraphQL writes it: what is asked is who may, not what comes of it. */
function literal(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(type.ofType);
  if (isListType(type)) return `[${literal(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (isInputObjectType(type)) return `{${required(Object.values(type.getFields()))}}`;
  switch (getNamedType(type).name) {
    case 'Int':
      return '1';
    case 'Boolean':
      return 'true';
    default:
      return '"x"';
  }
}
const required = (args: readonly Pick<GraphQLArgument, 'name' | 'type'>[]): string =>
  args
    .flatMap(({ name, type }) =>
      isNonNullType(type) ? [`${name}: ${name === 'accountId' ? '"acc-ada"' : literal(type)}`] : [],
    )
    .join(', ');

/** The weakest first: what a role may do changes the world for those who come later. */
const asked = ROLES.flatMap((role) =>
  TYPES.flatMap((type) =>
    fieldsOf(type).map((field) => {
      const rules: Readonly<Record<string, Role>> = PERMISSIONS[type];
      const mayAsk = ROLES.indexOf(role) >= ROLES.indexOf(rules[field.name] ?? 'admin');
      return { type, name: field.name, field, role, verdict: mayAsk ? 'may' : 'may not', mayAsk };
    }),
  ),
);

describe('the table is what happens', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test.each(asked)('a $role $verdict $type $name', async ({ type, field, role, mayAsk }) => {
    const selection = isObjectType(getNamedType(field.type)) ? selectionOf(getNamedType(field.type).name) : '';
    const args = required(field.args);
    const query = `${type.toLowerCase()} { ${field.name}${args === '' ? '' : `(${args})`} ${selection} }`;
    const answer = type === 'Subscription' ? await first(query, HOLDERS[role]) : await ask(query, HOLDERS[role]);
    if (mayAsk) expect(answer).not.toContain('FORBIDDEN');
    else expect(answer).toContain('FORBIDDEN');
  });

  const ask = async (query: string, token: string): Promise<string> => {
    const answer = await world.query(query, {}, token);
    expect(answer.errors?.[0]?.extensions['code']).not.toBe('GRAPHQL_VALIDATION_FAILED');
    return JSON.stringify(answer);
  };
  const first = (query: string, token: string): Promise<string> =>
    new Promise((resolve) => {
      const tell = (what: unknown): void => resolve(JSON.stringify(what));
      world.client(token).subscribe({ query }, { next: tell, error: tell, complete: () => tell('completed') });
    });
});

function selectionOf(name: string): string {
  const type = schema.getType(name);
  const fields = isObjectType(type) ? Object.keys(type.getFields()) : [];
  return fields.includes('userErrors') ? '{ userErrors { code } }' : '{ __typename }';
}
