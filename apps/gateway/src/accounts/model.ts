import type { Account, AccountHalt, UnattributedFill } from '@orderplane/store';

/** What the resolvers of AccountHalt are given. */
export interface HaltedAccount {
  readonly account: Account;
  readonly halt: AccountHalt;
}

/** What the resolvers of UnattributedFillConnection are given. */
export interface UnattributedFillPage {
  readonly accountId: string;
  readonly items: readonly UnattributedFill[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}
