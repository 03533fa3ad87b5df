import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take minutes, the longest first: one that began last would be waited for alone. */
const LONG = [
  'crash/steps',
  'chaos/chaos',
  'crash/takeover',
  'venues/venues',
  'e2e/evidence',
  'e2e/trouble',
  'e2e/groups',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONG.findIndex((name) => moduleId.includes(name));
      return place === -1 ? LONG.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/**
 * "parts" need no system. "system" starts whole systems (five processes each) on one PostgreSQL, three files at a time:
 * much of their time they wait, for proofs above all, and more of them would wait for each other on a small machine.
 */
export default defineConfig({
  test: {
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
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
