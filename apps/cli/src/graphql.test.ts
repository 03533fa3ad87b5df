import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EXIT } from './failure.ts';
import { query } from './graphql.ts';
import { serveGraphql } from './testing.ts';

const Schema = z.object({ n: z.number() });

describe('a query', () => {
  it.each<[string, { status?: number; body: unknown }, number]>([
    ['errors', { body: { errors: [{ message: 'too deep' }] } }, EXIT.failed],
    [
      'a refused token',
      { body: { errors: [{ message: 'no', extensions: { code: 'UNAUTHENTICATED' } }] } },
      EXIT.refused,
    ],
    ['401 with a page', { status: 401, body: '<html>' }, EXIT.refused],
    ['502 with a page', { status: 502, body: '<html>' }, EXIT.unreachable],
    ['another form', { body: { data: { n: 'one' } } }, EXIT.failed],
  ])('fails on %s', async (_name, answer, exitCode) => {
    const { connection, close } = await serveGraphql(() => answer);
    await expect(query(connection, Schema, '{ n }')).rejects.toMatchObject({ exitCode });
    await close();
  });

  it('sends the token and reads the data; says so when nobody is there', async () => {
    const { connection, close } = await serveGraphql(({ authorization }) => ({
      body: { data: { n: authorization === 'Bearer op_test' ? 1 : 0 } },
    }));
    expect(await query(connection, Schema, '{ n }')).toEqual({ n: 1 });
    await close();
    await expect(query(connection, Schema, '{ n }')).rejects.toMatchObject({
      exitCode: EXIT.unreachable,
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });
});
