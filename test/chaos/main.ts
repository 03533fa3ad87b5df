import { writeFile } from 'node:fs/promises';
import { runChaos } from './chaos.ts';
import { tableOf } from './report.ts';

export interface ChaosCommand {
  readonly seed: number;
  readonly minutes: number;
  readonly rate: number;
  readonly jsonFile: string | null;
  readonly home?: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** `npm run chaos`: one storm, its figures, its findings. True when there are none. */
export async function chaos({ seed, minutes, rate, jsonFile, say, ...rest }: ChaosCommand): Promise<boolean> {
  const verdict = await runChaos({ seed, stormMs: Math.round(minutes * 60_000), ratePerS: rate, say, ...rest });
  const { summary, findings, evidence } = verdict;
  if (jsonFile !== null) await writeFile(jsonFile, `${JSON.stringify({ ...summary, what: findings }, null, 2)}\n`);
  say(tableOf(summary));
  if (findings.length === 0) {
    say(`nothing lost, nothing doubled, nothing unexplained (seed ${seed})`);
    return true;
  }
  say(evidence);
  say(`${findings.length} findings; repeat with --seed ${seed} --minutes ${minutes}:`);
  for (const { text } of findings) say(`  ${text}`);
  return false;
}
