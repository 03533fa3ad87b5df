import { Kind } from 'graphql';
import type { ASTVisitor, DocumentNode, FragmentDefinitionNode, SelectionNode, ValidationContext } from 'graphql';
import { requestError } from '../server/errors.ts';
import { LIMITS } from './limits.ts';

interface Shape {
  readonly depth: number;
  readonly introspectionDepth: number;
  readonly aliases: number;
  readonly directives: number;
}
const FLAT: Shape = { depth: 0, introspectionDepth: 0, aliases: 0, directives: 0 };

/**
 * A validation rule: depth, aliases and directives of every operation, by syntax alone, so that a monstrous document is
 * called that also where its fields do not exist. Fragments count where they are spread.
 */
export const structureRule = (context: ValidationContext): ASTVisitor => ({
  Document(document) {
    const shape = shapeOf(document);
    const depths: readonly (readonly [number, number])[] = [
      [shape.depth, LIMITS.depth],
      [shape.introspectionDepth, LIMITS.introspectionDepth],
    ];
    for (const [depth, most] of depths)
      if (depth > most)
        context.reportError(
          requestError('DOCUMENT_TOO_DEEP', `the document is ${depth} levels deep, at most ${most} are allowed`),
        );
    for (const what of ['aliases', 'directives'] as const)
      if (shape[what] > LIMITS[what])
        context.reportError(
          requestError(
            'DOCUMENT_TOO_COSTLY',
            `the document has ${shape[what]} ${what}, at most ${LIMITS[what]} are allowed`,
          ),
        );
  },
});

function shapeOf(document: DocumentNode): Shape {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const measure = measurer(fragments);
  let widest = FLAT;
  for (const node of document.definitions)
    if (node.kind === Kind.OPERATION_DEFINITION) {
      const shape = measure(node.selectionSet.selections);
      widest = {
        ...maximum(widest, shape),
        directives: widest.directives + shape.directives + (node.directives?.length ?? 0),
      };
    }
  return widest;
}

type Measure = (selections: readonly SelectionNode[]) => Shape;

/** Each fragment is measured once, so the work is linear in the document whatever its fragments spread. */
function measurer(fragments: ReadonlyMap<string, FragmentDefinitionNode>): Measure {
  const measured = new Map<string, Shape>();
  const spread = (name: string): Shape => {
    const known = measured.get(name);
    if (known !== undefined) return known;
    // A cycle is refused by validation; this ends it here.
    measured.set(name, FLAT);
    const fragment = fragments.get(name);
    const shape = fragment === undefined ? FLAT : measure(fragment.selectionSet.selections);
    measured.set(name, shape);
    return shape;
  };
  const one = (selection: SelectionNode): Shape => {
    switch (selection.kind) {
      case Kind.FRAGMENT_SPREAD:
        return spread(selection.name.value);
      case Kind.INLINE_FRAGMENT:
        return measure(selection.selectionSet.selections);
      case Kind.FIELD: {
        const below = selection.selectionSet === undefined ? FLAT : measure(selection.selectionSet.selections);
        const name = selection.name.value;
        const aliases = below.aliases + (selection.alias === undefined || name === '__typename' ? 0 : 1);
        if (name === '__schema' || name === '__type')
          return { ...below, depth: 0, introspectionDepth: below.depth + 1, aliases };
        return { ...below, depth: below.depth + 1, aliases };
      }
    }
  };
  const measure: Measure = (selections) => {
    let total = FLAT;
    for (const selection of selections) {
      const shape = one(selection);
      total = {
        ...maximum(total, shape),
        aliases: total.aliases + shape.aliases,
        directives: total.directives + shape.directives + (selection.directives?.length ?? 0),
      };
    }
    return total;
  };
  return measure;
}

const maximum = (a: Shape, b: Shape): Shape => ({
  depth: Math.max(a.depth, b.depth),
  introspectionDepth: Math.max(a.introspectionDepth, b.introspectionDepth),
  aliases: Math.max(a.aliases, b.aliases),
  directives: Math.max(a.directives, b.directives),
});
