import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

// Node runs the CommonJS build of graphql; the bundler would take the other one for our own files, and two copies of
// graphql do not know each other's types.
const graphql = createRequire(import.meta.url).resolve('graphql');

export default defineConfig({ test: { alias: [{ find: /^graphql$/, replacement: graphql }], testTimeout: 10_000 } });
