import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { CARDS } from './cards.ts';
import { hasProfile } from './profile.ts';
import { runCards } from './runner.ts';
import type { Outcome } from './runner.ts';
import { openCardSystem } from './system.ts';

const USAGE = 'usage: conformance:venues [--exchange NAME]… [--card OP-nn]… [--verbose]\n';
export const OK = 0;
export const FAILED = 1;
export const UNUSABLE = 2;

export interface Output {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

interface Arguments {
  readonly exchanges: readonly ExchangeId[];
  readonly cards: readonly string[];
  readonly verbose: boolean;
}

class UsageError extends Error {}

function parse(args: readonly string[]): Arguments {
  const options = {
    exchange: { type: 'string', multiple: true },
    card: { type: 'string', multiple: true },
    verbose: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  const list = (given: readonly string[] | undefined): string[] => (given ?? []).flatMap((one) => one.split(','));
  const known = EXCHANGE_IDS.filter(hasProfile);
  const exchanges = list(values.exchange).map(
    (name) => known.find((id) => id === name) ?? usage(`there is no exchange "${name}": one of ${known.join(', ')}`),
  );
  const cards = list(values.card);
  for (const id of cards) if (!CARDS.some((card) => card.id === id)) usage(`there is no card "${id}"`);
  return { exchanges: exchanges.length === 0 ? known : exchanges, cards, verbose: values.verbose === true };
}

const usage = (message: string): never => {
  throw new UsageError(message);
};

export const lineOf = ({ result, exchange, card, why }: Outcome): string => {
  switch (result) {
    case 'PASS':
      return `PASS ${exchange} ${card}`;
    case 'FAIL':
      return `FAIL ${exchange} ${card}: ${why}`;
    case 'NA':
      return `NA ${exchange} ${card} ${why}`;
  }
};

/** Runs every card at every exchange. Gives the exit status; see README.md. */
export async function main(args: readonly string[], output: Output): Promise<number> {
  let given: Arguments;
  try {
    given = parse(args);
  } catch (cause) {
    const isUsage = cause instanceof UsageError || (cause instanceof TypeError && 'code' in cause);
    if (!isUsage) throw cause;
    output.error(`${cause.message}\n${USAGE}`);
    return UNUSABLE;
  }
  const { exchanges, cards, verbose } = given;
  const evidence = mkdtempSync(join(tmpdir(), 'orderplane-cards-'));
  const system = await openCardSystem();
  try {
    const outcomes = await runCards(system, {
      exchanges,
      cards: cards.length === 0 ? CARDS : CARDS.filter(({ id }) => cards.includes(id)),
      perExchange: 6,
      inAll: 14,
      evidence,
      onOutcome: (outcome) => {
        const time = verbose ? ` [${(outcome.ms / 1000).toFixed(1)} s]` : '';
        output.out(`${lineOf(outcome)}${time}\n`);
      },
    });
    return report(outcomes, evidence, output);
  } finally {
    await system.stop();
  }
}

function report(outcomes: readonly Outcome[], evidence: string, output: Output): number {
  const count = (wanted: Outcome['result']): number => outcomes.filter(({ result }) => result === wanted).length;
  const [passed, failed, skipped] = [count('PASS'), count('FAIL'), count('NA')];
  if (failed > 0) output.error(`the journals of the failed cards are in ${evidence}\n`);
  output.out(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return failed === 0 ? OK : FAILED;
}
