import type { Journal } from '../chaos/journal.ts';
import type { Story } from '../chaos/subscribers.ts';
import { storyFlaws } from '../chaos/telling.ts';

/** Positions in an account that a client was told, over all its connections. */
const toldPositions = ({ chapters }: Story, accountId: string): readonly string[] =>
  chapters
    .flatMap(({ updates }) => updates)
    .flatMap(({ event }) => event?.cursor ?? [])
    .flatMap((cursor) => {
      const positions = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Record<string, string>;
      return positions[accountId] ?? [];
    });

/**
 * What a client was told otherwise than it happened. One that resumes is also judged without regard to where a connection
 * ended: all positions from the first on, once, in their order, and one snapshot.
 */
export function flawsOf(story: Story, resumes: boolean, journal: Journal): readonly string[] {
  const flaws = [...storyFlaws(story, journal)];
  if (!resumes) return flaws;
  for (const accountId of story.accountIds) {
    const told = toldPositions(story, accountId);
    const lines = (journal.accounts.get(accountId) ?? []).filter(({ type }) => type !== null);
    const due = lines.slice(lines.length - told.length).map(({ position }) => String(position));
    if (told.join() !== due.join()) flaws.push(`${story.name}: account ${accountId} was told otherwise`);
  }
  const ends = story.chapters.flatMap(({ updates }) => updates.filter(({ kind }) => kind === 'SNAPSHOT_END'));
  if (ends.length !== 1) flaws.push(`${story.name}: ${ends.length} snapshots ended`);
  return flaws;
}
