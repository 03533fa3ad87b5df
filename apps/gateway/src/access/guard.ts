import type { Role, UserError } from '@orderplane/domain';
import type { AuditEntry } from '@orderplane/store';
import {
  defaultFieldResolver,
  getNamedType,
  GraphQLError,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import type { GatewayContext } from '../server/context.ts';
import { requestError } from '../server/errors.ts';
import { auditSettings } from './audit-settings.ts';
import { auditTarget } from './audit-target.ts';
import { isGrave, PERMISSIONS } from './permissions.ts';
import { roleRefusal } from './roles.ts';
import { refuseUnstorable } from './texts.ts';

type Field = GraphQLField<unknown, GatewayContext>;
type Arguments = Readonly<Record<string, unknown>>;

/**
 * Puts the table of permissions before every field of Query, Mutation and Subscription, and the audit behind every
 * mutation, on whatever transport it comes. Throws for a field without a row.
 */
export function guardSchema(schema: GraphQLSchema): GraphQLSchema {
  for (const type of ['Query', 'Mutation', 'Subscription'] as const) {
    const rules: Readonly<Record<string, Role>> = PERMISSIONS[type];
    for (const field of Object.values(fieldsOf(schema, type))) {
      const role = rules[field.name];
      if (role === undefined) throw new Error(`${type}.${field.name} has no row in the table of permissions`);
      if (type === 'Mutation') guardMutation(field, role);
      else guardRead(field, role);
    }
  }
  return schema;
}

function fieldsOf(schema: GraphQLSchema, name: string): Readonly<Record<string, Field>> {
  const type = schema.getType(name);
  return isObjectType(type) ? type.getFields() : {};
}

/** A refused read is an error: its type need not be able to say so. */
function guardRead(field: Field, role: Role): void {
  const { resolve, subscribe } = field;
  const check = ({ principal }: GatewayContext, args: Arguments): void => {
    const refusal = roleRefusal(principal, role);
    if (refusal !== null) throw requestError('FORBIDDEN', refusal.message);
    refuseUnstorable(args);
  };
  if (subscribe !== undefined)
    field.subscribe = (source, args: Arguments, context, info): unknown => {
      check(context, args);
      return subscribe(source, args, context, info);
    };
  else if (resolve !== undefined)
    field.resolve = (source, args: Arguments, context, info): unknown => {
      check(context, args);
      return resolve(source, args, context, info);
    };
}

/** A refused mutation says so in its `userErrors`, where its payload can be without anything else. */
function guardMutation(field: Field, role: Role): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = async (source, args: Arguments, context, info): Promise<unknown> => {
    let [result, outcome]: [unknown, string] = [null, 'INTERNAL_SERVER_ERROR'];
    try {
      const refusal = roleRefusal(context.principal, role);
      const answer = refusal === null ? null : refusedPayload(field.type, refusal);
      result = answer ?? (await resolve(source, args, context, info));
      outcome = outcomeOf(result);
      return result;
    } catch (cause) {
      const code = cause instanceof GraphQLError ? cause.extensions['code'] : undefined;
      if (typeof code === 'string') outcome = code;
      throw cause;
    } finally {
      const settings = outcome === 'ok' ? auditSettings(field.name, args) : null;
      const told = settings === null ? outcome : `${outcome}: ${settings}`;
      const line = auditLine(context, field.name, auditTarget(args, result), told);
      if (isGrave(field.name)) await context.audit.written(line);
      else context.audit.note(line);
    }
  };
}

const auditLine = (
  { caller, ports }: GatewayContext,
  action: string,
  target: string | null,
  outcome: string,
): AuditEntry => ({
  at: ports.clock.iso(),
  userId: caller.principal.userId,
  via: caller.via,
  remote: caller.remote,
  action,
  target,
  outcome,
});

function outcomeOf(result: unknown): string {
  const errors: unknown = typeof result === 'object' && result !== null && 'userErrors' in result && result.userErrors;
  if (!Array.isArray(errors) || errors.length === 0) return 'ok';
  return [...new Set(errors.map(({ code }: UserError) => code))].join(' ');
}

/** The payload with nothing but the refusal. Null for a type that can't be empty: its resolver refuses by itself. */
function refusedPayload(type: GraphQLOutputType, refusal: UserError): Readonly<Record<string, unknown>> | null {
  const payload = getNamedType(type);
  if (!isObjectType(payload)) return null;
  const values: Record<string, unknown> = {};
  for (const { name, type: fieldType } of Object.values(payload.getFields())) {
    const value = name === 'userErrors' ? [refusal] : emptyOf(fieldType);
    if (value === undefined) return null;
    values[name] = value;
  }
  return values;
}

/** Undefined: there is no empty value of this type. */
function emptyOf(type: GraphQLOutputType): unknown {
  if (!isNonNullType(type)) return null;
  if (isListType(type.ofType)) return [];
  return isScalarType(type.ofType) && type.ofType.name === 'Int' ? 0 : undefined;
}
