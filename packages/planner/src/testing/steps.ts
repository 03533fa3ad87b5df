import type { Step } from '../model.ts';
import { toMs } from '../time.ts';
import { START } from './machines.ts';

export const secondsOf = (instant: string): number => (toMs(instant) - toMs(START)) / 1_000;

/** A step in a few words, as the case table writes it. */
export function stepText(step: Step): string {
  switch (step.kind) {
    case 'Submit':
      return `Submit ${step.mode}${step.mode === 'newLeg' && step.terms.size !== '2' ? ` of ${step.terms.size}` : ''}`;
    case 'Record':
      return `Record ${step.events.map((event) => event.type).join(', ')}`;
    case 'RecheckAt':
      return `RecheckAt ${secondsOf(step.at)} s`;
    case 'Escalate':
      return step.lookup ? 'Escalate, look up' : 'Escalate';
    case 'Hold':
    case 'Check':
    case 'Lookup':
    case 'Cancel':
    case 'Amend':
    case 'Settle':
      return step.kind;
  }
}

export const whyText = (step: Step): string =>
  (step.kind === 'Escalate' ? step.reason : step.why).replace(
    /\d{4}-\d{2}-\d{2}T[\d:.]+Z/g,
    (instant) => `second ${secondsOf(instant)}`,
  );
