import { EVENT_COLUMNS } from '../events.ts';

/**
 * The first public lines of each of several orders after a cursor. $1 order ids, $2 lines of each, $3 cursor.
 * LATERAL with a LIMIT is a walk down each order's own index, however many lines the others have.
 */
export const FIRST_EVENTS = `
SELECT ${EVENT_COLUMNS}
FROM unnest($1::text[]) AS wanted(order_id) CROSS JOIN LATERAL (
  SELECT * FROM order_events l WHERE l.order_id = wanted.order_id AND l.type IS NOT NULL AND l.cursor > $3
  ORDER BY l.sequence LIMIT $2::int
) e
ORDER BY e.order_id, e.sequence`;
