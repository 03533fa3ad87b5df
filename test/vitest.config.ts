import { configDefaults, defineConfig } from 'vitest/config';

/**
 * "parts" need no system. "system" starts whole systems (five processes each) on one PostgreSQL, two files at a time:
 * more of them would only wait for each other on a small machine (three were tried: no faster, and too loaded for proofs).
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'parts',
          exclude: [
            ...configDefaults.exclude,
            'e2e/**',
            'crash/**',
            'conformance/venues/venues.test.ts',
            'chaos/chaos.test.ts',
          ],
          // Generous: a busy machine is no fault.
          testTimeout: 30_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 15_000 } },
        },
      },
      {
        test: {
          name: 'system',
          include: ['{e2e,crash}/**/*.test.ts', 'conformance/venues/venues.test.ts', 'chaos/chaos.test.ts'],
          globalSetup: ['support/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 90_000,
        },
      },
    ],
  },
});
