import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { FeatureSchema, ScenarioFileSchema } from './format.ts';
import type { Scenario } from './format.ts';
import type { NotApplicable } from './runner.ts';

/** A scenario file can't be read or breaks the format. */
export class ScenarioFormatError extends Error {
  override readonly name = 'ScenarioFormatError';
}

/** All scenarios of the *.json files of a directory, in name order. Ids are unique over all of them. */
export function loadScenarios(directory: string): readonly Scenario[] {
  const seen = new Map<string, string>();
  return listFiles(directory).flatMap((file) => {
    const scenarios = parseFile(join(directory, file), file);
    for (const { id } of scenarios) {
      const other = seen.get(id);
      if (other !== undefined) throw new ScenarioFormatError(`${file}: scenario ${id} is also in ${other}`);
      seen.set(id, file);
    }
    return scenarios;
  });
}

function listFiles(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .sort();
  } catch (cause) {
    throw new ScenarioFormatError(`${directory} can't be read`, { cause });
  }
}

function parseFile(path: string, name: string): readonly Scenario[] {
  const parsed = ScenarioFileSchema.safeParse(readJson(path, name));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 5).map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ScenarioFormatError([`${name} breaks the format:`, ...issues].join('\n'));
}

function readJson(path: string, name: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch (cause) {
    throw new ScenarioFormatError(`${name} is not readable as JSON: ${String(cause)}`, { cause });
  }
}

/** Why features of FIX do not apply here: at least a sentence for each. */
export function loadNotApplicable(): NotApplicable {
  const schema = z.partialRecord(FeatureSchema, z.string().regex(/\S+ \S+ \S+.*\.$/));
  return schema.parse(readJson(join(import.meta.dirname, 'not-applicable.json'), 'not-applicable.json'));
}
