import { alertChannel } from '@orderplane/queues';
import type { Alert } from '@orderplane/store';
import type { Ports } from '../ports.ts';
import type { EagerSource } from '../server/delivery.ts';
import { encodeAlertCursor, type Positions } from './cursor.ts';
import { Feed, SharedUpdates, type Progress } from './feed.ts';
import { JOURNAL_PAGE, type Journal, type JournalLine } from './journal.ts';

/** One change: the alert as it was left by it, and the cursor after it. */
export interface AlertUpdateModel extends Alert {
  readonly cursor: string;
}

interface AlertLine extends JournalLine {
  readonly alert: Alert;
}

/** Positions of alerts may have gaps: who comes too late to end an alert uses one up. */
const alertJournal = ({ alerts }: Pick<Ports, 'alerts'>): Journal<AlertLine> => ({
  read: async (accountId, after) => {
    const changes = await alerts.changes(accountId, after, JOURNAL_PAGE);
    return {
      lines: changes.map(({ alert, position }) => ({ accountId, position, alert })),
      position: changes.at(-1)?.position ?? after,
      atEnd: changes.length < JOURNAL_PAGE,
    };
  },
  ends: (accountIds) => alerts.positions(accountIds),
  channel: alertChannel,
  newsOf: () => null,
});

/** Alerts as they change: from a cursor on, or from the moment of the subscription on. */
export class AlertUpdates {
  readonly #ports: Pick<Ports, 'alerts'>;
  readonly #feed: Feed<AlertLine, AlertUpdateModel>;
  readonly #updates = new SharedUpdates<AlertUpdateModel>();

  constructor(ports: Pick<Ports, 'alerts' | 'channels' | 'log'>) {
    this.#ports = ports;
    this.#feed = new Feed({
      ports,
      journal: alertJournal(ports),
      toUpdate: (line, progress) => this.#toUpdate(line, progress),
      toCursor: encodeAlertCursor,
    });
  }

  subscribe(accountIds: readonly string[], after: Positions | null): EagerSource<AlertUpdateModel> {
    return this.#feed.subscribe(accountIds, async (progress) => {
      for (const [accountId, position] of after ?? (await this.#ports.alerts.positions(accountIds)))
        progress.set(accountId, position);
      return [];
    });
  }

  #toUpdate(line: AlertLine, progress: Progress): AlertUpdateModel {
    const cursor = encodeAlertCursor(progress);
    return this.#updates.of(line, cursor, () => ({ ...line.alert, cursor }));
  }
}
