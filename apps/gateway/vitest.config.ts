import { createRequire } from 'node:module';
import { defineConfig, mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.ts';

// Node runs the CommonJS build of graphql; the bundler would take the other one for our own files, and two copies of
// graphql do not know each other's types.
const graphql = createRequire(import.meta.url).resolve('graphql');

export default mergeConfig(shared, defineConfig({ test: { alias: [{ find: /^graphql$/, replacement: graphql }] } }));
