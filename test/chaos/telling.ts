import { ENDED } from '../support/client.ts';
import type { Journal, JournalLine } from './journal.ts';
import { positionsOf, resumeAfter } from './subscribers.ts';
import type { Chapter, Positions, Story } from './subscribers.ts';

/** Compares what subscribers were told with the journal: everything, once, in its order, also over reconnects. */

const MOST_FLAWS = 5;

const told = (line: Pick<JournalLine, 'orderId' | 'type' | 'fromState' | 'toState'>): string =>
  `${line.orderId} ${line.type} ${line.fromState} → ${line.toState}`;

/** Lines that are told, after a position. */
const publicAfter = (lines: readonly JournalLine[], after: bigint): readonly JournalLine[] =>
  lines.filter(({ position, type }) => type !== null && position > after);

export function storyFlaws(story: Story, journal: Journal): string[] {
  const found: string[] = [];
  story.chapters.forEach((chapter, index) => {
    const name = `subscriber ${story.name}, connection ${index + 1}`;
    found.push(...chapterFlaws(chapter, story.accountIds, journal).map((flaw) => `${name}: ${flaw}`));
  });
  return found.slice(0, MOST_FLAWS);
}

/** Also true of a resumed story: each chapter begins where the one before ended, so that all of them are the whole. */
function chapterFlaws(chapter: Chapter, accountIds: readonly string[], journal: Journal): string[] {
  const found: string[] = [];
  const start = startOf(chapter, journal, found);
  if (start === null) return found;
  const events = chapter.updates.flatMap(({ event }) => event ?? []);
  const byAccount = Map.groupBy(events, ({ cursor }) => [...positionsOf(cursor).keys()][0] ?? '');
  for (const accountId of byAccount.keys())
    if (!accountIds.includes(accountId)) found.push(`it was told of account ${accountId}`);
  for (const accountId of accountIds) {
    const due = publicAfter(journal.accounts.get(accountId) ?? [], start.get(accountId) ?? 0n);
    for (const [index, event] of (byAccount.get(accountId) ?? []).entries()) {
      const line = due[index];
      const position = positionsOf(event.cursor).get(accountId);
      if (line !== undefined && line.position === position && told(line) === told(event)) continue;
      found.push(
        `account ${accountId}: told position ${position} (${told(event)}), due ${line?.position} (${line === undefined ? 'nothing' : told(line)})`,
      );
      break;
    }
  }
  return found;
}

/** Positions after which the events begin, or null when the snapshot did not end. Checks the snapshot against the journal. */
function startOf({ after, updates }: Chapter, journal: Journal, found: string[]): Positions | null {
  if (after !== null) return positionsOf(after);
  const end = updates.findIndex(({ kind }) => kind === 'SNAPSHOT_END');
  if (end < 0) return null;
  const start = positionsOf(updates[end]?.cursor ?? '');
  const states = new Map<string, string>();
  for (const [accountId, position] of start)
    for (const line of journal.accounts.get(accountId) ?? [])
      if (line.position <= position && line.type !== null) states.set(line.orderId, line.toState ?? '');
  const shown = new Map(
    updates.slice(0, end).flatMap(({ order }) => (order === null ? [] : [[order.id, order.state]])),
  );
  for (const [orderId, state] of shown)
    if (states.get(orderId) !== state)
      found.push(`its snapshot shows ${orderId} as ${state}, the journal at that position says ${states.get(orderId)}`);
  for (const [orderId, state] of states)
    if (!ENDED.has(state) && !shown.has(orderId)) found.push(`its snapshot lacks ${orderId}, which is ${state}`);
  return start;
}

/** Accounts in which the last chapter has not come to the journal's last told line. */
export function missingEnds(story: Story, journal: Journal): readonly string[] {
  const last = story.chapters.at(-1);
  const cursor = last === undefined ? null : resumeAfter(last);
  if (cursor === null) return story.accountIds;
  const reached = positionsOf(cursor);
  return story.accountIds.filter(
    (accountId) => publicAfter(journal.accounts.get(accountId) ?? [], reached.get(accountId) ?? 0n).length > 0,
  );
}
