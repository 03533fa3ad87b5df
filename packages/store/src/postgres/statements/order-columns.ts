/** Column lists of `orders` shared by the writing statements. */

export const INTENT_WRITE = [
  'id',
  'account_id',
  'user_id',
  'exchange',
  'client_order_id',
  'request_hash',
  'origin',
  'mode',
  'generation',
  'symbol',
  'side',
  'type',
  'time_in_force',
  'spec',
  'trigger',
  'group_id',
  'created_session_id',
  'session_id',
  'metadata',
  'valued_at',
  'limit_currency',
  'created_at',
  'updated_at',
] as const;

/** Columns of the actual state that every write replaces as given. */
export const ACTUAL_WRITE = [
  'version',
  'machine',
  'state',
  'status',
  'size',
  'filled_size',
  'average_filled_price',
  'exchange_order_id',
  'done',
  'open_size',
  'open_value',
  'open_prices',
  'reconciliation_status',
  'observed_generation',
  'attempts',
  'next_attempt_at',
  'last_error',
  'last_evidence_at',
  'absent_lookups',
  'tried',
  'told_filled',
  'alert',
  'fired',
  'cleared',
  'actual_updated_at',
] as const;

/**
 * What a written order `s` counts for its account's limits: at its own prices, or at the price that it is valued at where
 * that is more.
 */
export const countedValue = (valuedAt: string): string => `GREATEST(s.open_value, s.open_size * ${valuedAt})`;

/** Types of the row sets that travel as JSON. */
const EVENT_TYPES =
  'n int, type text, from_state text, to_state text, reason text, source text, at timestamptz, machine_event json';
const LEG_TYPES = 'leg_index int, venue_client_id text, phase text, sent_at timestamptz, ended_at timestamptz';
const LEG_ID_TYPES = 'leg_index int, venue_order_id text';
const FILL_TYPES = `trade_id text, exchange_order_id text, size numeric, price numeric, fee_currency text,
  fee_cost numeric, liquidity text, executed_at timestamptz, void boolean`;

/** Which of these some order of a statement writes: a part that none writes is left out of the text. */
export interface WrittenParts {
  readonly legs: boolean;
  readonly legIds: boolean;
  readonly fills: boolean;
}

/**
 * The journal of written orders `source` (n, id, account_id, version, event_count after the write, events, journal).
 * The counter's row lock is held to the commit: cursors of an account become visible in their own order, without gaps.
 * `numbered` is the source with `seq`, the cursor of the order's last line; null without lines.
 */
export const journalParts = (source: string): string => `
journal AS (
  UPDATE account_journals j SET seq = j.seq + t.events
  FROM (SELECT account_id, sum(events)::bigint AS events FROM ${source} GROUP BY account_id) t
  WHERE j.account_id = ANY(ARRAY(SELECT account_id FROM ${source})) AND j.account_id = t.account_id AND t.events > 0
  RETURNING j.account_id, j.seq - t.events AS before
), numbered AS MATERIALIZED (
  SELECT w.*, CASE WHEN w.events > 0
    THEN j.before + sum(w.events) OVER (PARTITION BY w.account_id ORDER BY w.n)::bigint END AS seq
  FROM ${source} w LEFT JOIN journal j ON j.account_id = w.account_id
), events AS (
  INSERT INTO order_events (account_id, cursor, order_id, sequence, order_version, type, from_state, to_state, reason, source, at, machine_event)
  SELECT w.account_id, w.seq - w.events + e.n, w.id, w.event_count - w.events + e.n, w.version,
         e.type, e.from_state, e.to_state, e.reason, e.source, e.at, e.machine_event
  FROM numbered w CROSS JOIN LATERAL json_to_recordset(w.journal) AS e(${EVENT_TYPES})
  WHERE w.seq IS NOT NULL
)`;

/**
 * Unchanged legs and known ids are filtered out before the insert, so that they are neither locked nor written. The
 * filters are scalar subqueries on purpose: NOT EXISTS may become a hash join, which reads the whole table each time.
 */
const legPart = (source: string): string => `
legs AS (
  INSERT INTO order_legs AS k (order_id, leg_index, account_id, venue_client_id, own, phase, sent_at, ended_at)
  SELECT w.id, l.leg_index, w.account_id, l.venue_client_id, w.origin <> 'EXTERNAL' OR l.leg_index > 0, l.phase, l.sent_at, l.ended_at
  FROM ${source} w CROSS JOIN LATERAL json_to_recordset(w.legs) AS l(${LEG_TYPES})
  WHERE (
    SELECT (x.venue_client_id, x.phase, x.sent_at, x.ended_at) IS NOT DISTINCT FROM (l.venue_client_id, l.phase, l.sent_at, l.ended_at)
    FROM order_legs x WHERE x.order_id = w.id AND x.leg_index = l.leg_index) IS NOT TRUE
  ON CONFLICT (order_id, leg_index) DO UPDATE SET venue_client_id = excluded.venue_client_id, phase = excluded.phase,
    sent_at = excluded.sent_at, ended_at = excluded.ended_at
)`;

const legIdPart = (source: string): string => `
leg_ids AS (
  INSERT INTO order_leg_ids (account_id, venue_order_id, symbol, order_id, leg_index)
  SELECT w.account_id, i.venue_order_id, w.symbol, w.id, i.leg_index
  FROM ${source} w CROSS JOIN LATERAL json_to_recordset(w.leg_ids) AS i(${LEG_ID_TYPES})
  WHERE (
    SELECT x.order_id FROM order_leg_ids x
    WHERE x.account_id = w.account_id AND x.venue_order_id = i.venue_order_id AND x.symbol = w.symbol) IS DISTINCT FROM w.id
)`;

/** An execution of another order under the same exchange ids violates the second unique key and fails the write: booked once. */
const fillPart = (source: string): string => `
fills AS (
  INSERT INTO order_fills AS f (order_id, trade_id, account_id, symbol, exchange_order_id, size, price, fee_currency, fee_cost, liquidity, executed_at, void)
  SELECT w.id, x.trade_id, w.account_id, w.symbol, x.exchange_order_id, x.size, x.price, x.fee_currency, x.fee_cost, x.liquidity, x.executed_at, x.void
  FROM ${source} w CROSS JOIN LATERAL json_to_recordset(w.fills) AS x(${FILL_TYPES})
  ON CONFLICT (order_id, trade_id) DO UPDATE SET exchange_order_id = excluded.exchange_order_id, fee_currency = excluded.fee_currency,
    fee_cost = excluded.fee_cost, liquidity = excluded.liquidity, void = excluded.void
  WHERE (f.exchange_order_id, f.fee_currency, f.fee_cost, f.liquidity, f.void)
    IS DISTINCT FROM (excluded.exchange_order_id, excluded.fee_currency, excluded.fee_cost, excluded.liquidity, excluded.void)
)`;

/** What hangs on written orders `source` (id, account_id, symbol, origin, legs, leg_ids, fills) beside the journal. */
export const hangingParts = (source: string, { legs, legIds, fills }: WrittenParts): string =>
  [legs ? legPart(source) : null, legIds ? legIdPart(source) : null, fills ? fillPart(source) : null]
    .filter((part) => part !== null)
    .map((part) => `,${part}`)
    .join('');
