import { defineConfig } from 'prisma/config';

/** `prisma generate` needs no address, so that a fresh clone can generate before any server runs. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? 'postgresql://localhost:5432/orderplane' },
});
