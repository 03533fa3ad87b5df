/** Keys of the budgets. One place is one slot of a Redis cluster: a script may touch keys of one slot only. */
const base = (place: string): string => `orderplane:budget:{${place}}`;

type LineKeys = readonly [line: string, due: string, needs: string];

export const budgetKeys = {
  /** Hash: "<key or *>|<rank of the class>" → "<until, ms>|<reason>". */
  pauses: (place: string): string => `${base(place)}:pauses`,
  /** Counter, line of those who wait, their due times, what they need. All expire by themselves. */
  meter: (place: string, id: string): readonly [counter: string, ...line: LineKeys] => [
    `${base(place)}:${id}`,
    `${base(place)}:${id}:line`,
    `${base(place)}:${id}:due`,
    `${base(place)}:${id}:needs`,
  ],
} as const;
