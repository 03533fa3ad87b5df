/** Help texts, by command; '' is the program's own. */
export const HELP: Readonly<Record<string, string>> = {
  '': `orderplane — look at orders and at the system that keeps them

Usage: orderplane <command> [options]

Commands
  status      services, exchanges and the reconciler's numbers
  orders      list orders
  balances    what an account owns, as its exchange shows it
  sync        have the exchange asked for an account's orders now
  alerts      list price alerts
  watch       print every change of the orders as it happens
  accounts    list, link and unlink exchange accounts, give them new credentials, halt and resume them
  users       list, make, disable and enable users, link outside identities (admin)
  tokens      list API tokens by prefix, make and revoke them (admin)
  audit       who did what, from where, and what came of it (admin)
  normalize   native exchange payloads on stdin → normalized orders on stdout

Connection (all but normalize)
  --home DIR  where the running system wrote run.json (default .orderplane, or ORDERPLANE_HOME)
  ORDERPLANE_URL and ORDERPLANE_TOKEN take the place of run.json, e.g. http://127.0.0.1:4000/graphql

Exit codes: 0 done · 1 failed · 2 wrongly called · 3 can't be reached · 4 token refused
"orderplane <command> --help" tells more.
`,
  status: `Usage: orderplane status [--home DIR] [--json]

Prints the processes of the running system, each exchange's health, and the reconciler's numbers.
Exit code 1 when a process is gone or the reconciler is not running.
`,
  orders: `Usage: orderplane orders [--open] [--account ID] [--symbol BASE-QUOTE] [--first N] [--max-age S] [--home DIR] [--json]

  --open        only orders that have not ended
  --account ID  only this account
  --symbol S    only this market, e.g. BTC-USD
  --first N     at most N orders, newest first as the service lists them (default 50, at most 10000)
  --max-age S   with --open and one --account: the exchange is asked first when the last look is older than S seconds
                (0: in any case); exit code 1 when it could not be, and the orders are those known so far
  --json        one JSON object per line
`,
  balances: `Usage: orderplane balances ACCOUNT [--max-age S] [--home DIR] [--json]

Prints what the account owns: of each asset what is free, locked and both, and its positions in contracts.
  ACCOUNT      the account's id ("orderplane accounts" lists them)
  --max-age S  the exchange is asked when the last reading is older than S seconds (default 30; 0: in any case)
  --json       all of it as one JSON object
Exit code 1 when the exchange could not be asked, and what is printed is what was known, or is not complete.
`,
  sync: `Usage: orderplane sync ACCOUNT [--home DIR] [--json]

Has the exchange asked for the account's open orders and executions now, and says what came of it.
Exit code 1 when the exchange could not be asked, or not for everything.
`,
  alerts: `Usage: orderplane alerts [--open] [--account ID]... [--first N] [--home DIR] [--json]

  --open        only armed ones
  --account ID  only this account (may be repeated); default: all of yours
  --first N     at most N of each account, newest first (default 50, at most 200)
  --json        one JSON object per line
`,
  watch: `Usage: orderplane watch [--account ID]... [--after CURSOR] [--home DIR] [--json]

Prints the orders that have not ended, then every change. After a broken connection it goes on at the last change seen.
  --account ID    this account (may be repeated); default: all of yours
  --after CURSOR  changes since this cursor instead of the present orders (needs exactly one --account)
  --json          one JSON object per line, with its cursor
Ctrl-C ends it.
`,
  accounts: `Usage: orderplane accounts [--home DIR] [--json]
       orderplane accounts link --exchange NAME [--label TEXT] [--mode PAPER|SANDBOX|LIVE] [--credentials FILE]
       orderplane accounts sessions ID
       orderplane accounts rotate ID --credentials FILE
       orderplane accounts unlink ID
       orderplane accounts halt ID [--keep-open]
       orderplane accounts resume ID
       orderplane accounts dead-mans-switch ID SECONDS|off
       orderplane accounts limits ID [--max-order-notional N] [--max-open-notional N] [--max-open-orders N]
                                     [--price-collar FRACTION] [--reject-duplicates yes|no]
       orderplane accounts privacy ID [--cache on|off] [--encrypt on|off] [--keep-days N|all]
       orderplane accounts clear-cache ID

Without a further word it lists your accounts.
  link      tries the credentials at the exchange and keeps them, sealed; a PAPER account (the default) needs none
  sessions  the account's sessions with its exchange, newest first: each begins with a transition from the one before
  rotate    tries new credentials and replaces the old ones; orders go on
  unlink    destroys the credentials of an account without open orders; its history stays
  halt      stops new orders at once and cancels what is open, or leaves it with --keep-open
  resume    takes orders again; what was held is sent
  dead-mans-switch  has the exchange cancel the account's orders when it hears nothing for so many seconds
  limits    the account's risk limits, after what is given was changed; "none" takes one off
  privacy   whether open orders are cached in Redis, orders encrypted at rest, and after how many days ended ones are
            purged (0: at their end; all: never); what is left out stays
  clear-cache  forgets the cached open orders
  --credentials FILE  JSON {"apiKey": "…", "secret": "…", "passphrase": "… if any"}; - is standard input.
                      Secrets are never taken from the arguments, which other users of the machine can see.
`,
  users: `Usage: orderplane users [--first N] [--after CURSOR] [--home DIR] [--json]
       orderplane users create NAME [--issuer URL --subject TEXT]
       orderplane users disable ID
       orderplane users enable ID
       orderplane users link ID --issuer URL --subject TEXT
       orderplane users unlink ID --issuer URL --subject TEXT

For admins. Without a further word it lists users, newest first.
  disable  ends every token, JWT and subscription of the user at once; orders go on
  link     JWTs of this issuer and subject sign the user in (the gateway must know the issuer: docs/security.md)
`,
  tokens: `Usage: orderplane tokens [--user ID] [--prefix op_…] [--first N] [--after CURSOR] [--home DIR] [--json]
       orderplane tokens create --user ID [--role viewer|trader|admin] [--label TEXT] [--days N]
       orderplane tokens revoke PREFIX|ID

For admins. Without a further word it lists tokens, newest first, also expired and revoked ones.
  create  prints the token: it is shown this once and kept nowhere. A viewer's unless told otherwise
  revoke  ends the token at once, with its subscriptions
`,
  audit: `Usage: orderplane audit [--user ID] [--action NAME] [--first N] [--after LINE] [--home DIR] [--json]

For admins. Every mutation, failed sign-in and touched secret, newest first.
  --action NAME  the name of a mutation, signIn, or what a service did by itself or late, e.g. account.halt
`,
  normalize: `Usage: orderplane normalize < lines.jsonl

Reads JSON lines {"exchange", "transport": "rest"|"ws", "method", "payload"} with an exchange's own payload, and prints
one line for each, in the same order:
  {"ok":true,"order":{…}}                  the payload is about exactly one order
  {"ok":true,"orders":[…]}                 it is about several, or about none
  {"ok":false,"error":{"code","message"}}  it can't be read, or is the exchange's refusal (with "nativeCode")
"fills" is added when the payload reports executions. A line may have 4 MiB. Exit code 0 also when lines fail.
`,
};
