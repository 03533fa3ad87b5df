import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CRASH_POINTS_VARIABLE } from '@orderplane/service-kit';
import { openSystem } from '../../support/system.ts';
import type { System } from '../../support/system.ts';

/** The runner waits longer after each crash in a row; past this the process is called back, to save time. */
const PATIENCE_MS = 250;

/** Where crash points of this run's systems are armed, by home. */
const ARMED = new WeakMap<System, string>();
export const armedIn = (system: System): string => ARMED.get(system) ?? '';

/**
 * One system for all cards. Times are shortened only where they are intervals of looking, never where a proof depends
 * on them; a call ends before the exchanges' own deadline, so that one can be accepted after we gave it up.
 */
export async function openCardSystem(): Promise<System> {
  const directory = mkdtempSync(join(tmpdir(), 'orderplane-cards-armed-'));
  mkdirSync(directory, { recursive: true });
  const opened: { system: System | null } = { system: null };
  const system = await openSystem({
    onChange: (change) => {
      const waitMs = Number(/restart in (\d+) ms/.exec(change.detail)?.[1] ?? 0);
      if (opened.system !== null && change.state === 'waiting' && waitMs > PATIENCE_MS)
        void callBack(opened.system, change.name);
    },
    instances: { reconciler: 2 },
    env: { [CRASH_POINTS_VARIABLE]: directory, RESYNC_INTERVAL_MS: '2000' },
    serviceEnv: {
      reconciler: { CALL_TIMEOUT_MS: '3000' },
      'sync-worker': { SYNC_INTERVAL_STREAMING_MS: '4000', SYNC_INTERVAL_BLIND_MS: '1000' },
    },
  });
  opened.system = system;
  const stopping: System = {
    ...system,
    stop: async () => {
      opened.system = null;
      await system.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  ARMED.set(stopping, directory);
  return stopping;
}

async function callBack(system: System, name: string): Promise<void> {
  // The runner begins its wait after it has told of it.
  await new Promise((resolve) => setTimeout(resolve, 1));
  await system.stack.kill(name, { stayDown: true });
  await system.stack.up(name);
}
