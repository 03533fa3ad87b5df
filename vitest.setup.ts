import fc from 'fast-check';

/**
 * Property tests draw the same cases in every run, so that a failure is a change's fault and not chance's.
 * ORDERPLANE_TEST_SEED=random draws new ones, a number repeats a failure.
 */
const seed = process.env['ORDERPLANE_TEST_SEED'] ?? '20261121';
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) });
