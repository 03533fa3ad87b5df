import pg from 'pg';
import { given } from './child.ts';

export const TABLE = 'bench_floor';

/** One commit: a plain INSERT through plain pg, prepared once per connection. */
export function openCommit(): (text: string) => Promise<void> {
  const pool = new pg.Pool({ connectionString: given('DATABASE_URL'), max: 16 });
  return async (text) => {
    await pool.query({ name: 'floor', text: `INSERT INTO ${TABLE} (body) VALUES ($1)`, values: [text] });
  };
}
