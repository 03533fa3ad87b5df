import type { UnattributedFill } from '@orderplane/store';

/** What the resolvers of the connection type are given. */
export interface UnattributedFillPage {
  readonly accountId: string;
  readonly items: readonly UnattributedFill[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}
