import type { Account, AccountHalt } from '@orderplane/store';

/** What the resolvers of AccountHalt are given. */
export interface HaltedAccount {
  readonly account: Account;
  readonly halt: AccountHalt;
}
