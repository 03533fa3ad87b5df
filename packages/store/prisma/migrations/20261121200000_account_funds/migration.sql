-- What each account owned when its exchange was last asked: replaced whole by every newer reading.
CREATE TABLE "account_funds" (
    "account_id" TEXT COLLATE "C" NOT NULL,
    "asked_at" TIMESTAMPTZ(3) NOT NULL,
    "answered_at" TIMESTAMPTZ(3) NOT NULL,
    "balances" JSON NOT NULL,
    "positions" JSON NOT NULL,

    CONSTRAINT "account_funds_pkey" PRIMARY KEY ("account_id"),
    CONSTRAINT "account_funds_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
