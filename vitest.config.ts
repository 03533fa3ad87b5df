import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Shared by every workspace: `vitest run --config ../../vitest.config.ts`. */
export default defineConfig({
  test: {
    // Modules are loaded once for a worker's files, not once for each: three quarters of the work of all unit tests.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: true,
    setupFiles: [fileURLToPath(new URL('./vitest.setup.ts', import.meta.url))],
  },
});
