-- Groups of orders (OCO). A group belongs to one account; its conflict (more executed than it allows) is kept for ever.
ALTER TABLE "order_groups"
    ADD COLUMN "account_id" TEXT COLLATE "C" NOT NULL REFERENCES "accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    ADD COLUMN "request_hash" TEXT NOT NULL,
    ADD COLUMN "conflict_at" TIMESTAMPTZ(3),
    ADD COLUMN "conflict_reason" TEXT,
    ADD CONSTRAINT "order_groups_kind_check" CHECK ("kind" IN ('OCO')),
    ADD CONSTRAINT "order_groups_on_partial_fill_check" CHECK ("on_partial_fill" IN ('CANCEL', 'REDUCE')),
    ADD CONSTRAINT "order_groups_conflict_check" CHECK (("conflict_at" IS NULL) = ("conflict_reason" IS NULL));

-- What is filled of an order and what its group was told of. While they differ the order is not settled, also when it is
-- over: the others are to be ended, made smaller, or shown to a person. "alert": why a person should look; it stays.
ALTER TABLE "orders"
    ADD COLUMN "told_filled" DECIMAL(38,18) NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS "alert" TEXT;

DROP INDEX "orders_unsettled_idx";
-- OrderLedger.unsettled: the periodic resync walks only what is not done, or done and not told, in id order.
CREATE INDEX "orders_unsettled_idx" ON "orders"("id")
    WHERE "version" IS NOT NULL AND (NOT "done" OR ("group_id" IS NOT NULL AND "filled_size" <> "told_filled"));
