import type { OrderCommand } from '@orderplane/queues';

/** A command that nobody waits for any more, and that must not be carried out. Its caller was told that its outcome is open. */
export class OverdueError extends Error {
  constructor({ kind, commandId, time }: OrderCommand) {
    super(`${kind} ${commandId} was to be carried out until ${time?.expiresAt}: it is dropped`);
    this.name = 'OverdueError';
  }
}

/**
 * What becomes of a command that has waited for too long, in a queue that was out of reach, say. `drop`: its caller has
 * gone on since, and may have said something else. `keep`: it only takes risk away. `judge`: the statement that writes
 * decides, by the database's clock.
 */
const WHEN_OVERDUE: Readonly<Record<OrderCommand['kind'], 'drop' | 'keep' | 'judge'>> = {
  place: 'judge',
  placeGroup: 'judge',
  modify: 'judge',
  cancel: 'keep',
  cancelAll: 'keep',
  fired: 'keep',
  unlink: 'drop',
  halt: 'keep',
  resume: 'drop',
  setDeadMansSwitch: 'drop',
  setPrivacy: 'drop',
  clearOrderCache: 'keep',
  createAlert: 'drop',
  cancelAlert: 'keep',
};

export const isOverdue = ({ time }: OrderCommand, nowMs: number): boolean =>
  time !== undefined && nowMs > Date.parse(time.expiresAt);

/** Throws OverdueError. */
export function refuseOverdue(command: OrderCommand, nowMs: number): void {
  if (WHEN_OVERDUE[command.kind] === 'drop' && isOverdue(command, nowMs)) throw new OverdueError(command);
}
