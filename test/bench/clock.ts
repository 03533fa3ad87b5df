/** The machine's monotonic clock, µs: the same in every process, so that an interval may begin in one and end in another. */
export const nowUs = (): number => Number(process.hrtime.bigint() / 1_000n);
