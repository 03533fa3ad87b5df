-- The account's own health, apart from that of its exchange: one key that is refused closes no exchange.
CREATE TABLE "account_health" (
    "account_id" TEXT COLLATE "C" NOT NULL,
    "reachable" BOOLEAN NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "last_error" TEXT,
    "key_refused_at" TIMESTAMPTZ(3),
    "key_refused_reason" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "account_health_pkey" PRIMARY KEY ("account_id"),
    CONSTRAINT "account_health_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
-- Read twice a second by whoever accepts orders: only those that are not well.
CREATE INDEX "account_health_trouble_idx" ON "account_health"("account_id") WHERE NOT "reachable" OR "key_refused_at" IS NOT NULL;
