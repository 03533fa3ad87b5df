-- What is left of an order that was purged, so that it is never placed again nor taken for somebody else's: no terms, no
-- sizes, no names, only keyed hashes (purged_keys) that a repeat or late news of it is recognized by.
CREATE TABLE "purged_orders" (
    "order_id" TEXT COLLATE "C" NOT NULL,
    "account_id" TEXT COLLATE "C" NOT NULL,
    "request_hash" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "ended_at" TIMESTAMPTZ(3) NOT NULL,
    "purged_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "purged_orders_pkey" PRIMARY KEY ("order_id"),
    CONSTRAINT "purged_orders_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "purged_orders_purged_at_idx" ON "purged_orders"("purged_at");

CREATE TABLE "purged_keys" (
    "account_id" TEXT COLLATE "C" NOT NULL,
    "key" BYTEA NOT NULL,
    "order_id" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "purged_keys_pkey" PRIMARY KEY ("account_id", "key"),
    CONSTRAINT "purged_keys_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "purged_orders"("order_id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "purged_keys_order_id_idx" ON "purged_keys"("order_id");

-- "purge_key": the account's own key of those hashes; null: nothing of it was ever purged. "purges" counts them: a
-- statement that waited for this row's lock compares it with its own snapshot, and sees whether it may trust that.
ALTER TABLE "account_journals"
    ADD COLUMN "purge_key" TEXT,
    ADD COLUMN "purges" BIGINT NOT NULL DEFAULT 0;

-- Whose history is purged: few accounts of many.
CREATE INDEX "accounts_retention_idx" ON "accounts"("id") WHERE "history_retention_days" IS NOT NULL;

-- Executions by the order that booked them: they go with it.
CREATE INDEX "unattributed_fills_attributed_idx" ON "unattributed_fills"("account_id", "attributed_at")
    WHERE "attributed_at" IS NOT NULL;
