-- What was tried to find out what became of a request whose outcome is in doubt, and why a person should look.
ALTER TABLE "orders"
    ADD COLUMN "tried" JSON,
    ADD COLUMN "alert" TEXT;

-- Executions that the exchange lists and that belong to no order here yet: kept until one is found, and afterwards.
CREATE TABLE "unattributed_fills" (
    "account_id" TEXT COLLATE "C" NOT NULL,
    -- Empty where the exchange does not say.
    "symbol" TEXT COLLATE "C" NOT NULL,
    "exchange_order_id" TEXT COLLATE "C" NOT NULL,
    "trade_id" TEXT COLLATE "C" NOT NULL,
    "client_order_id" TEXT,
    "side" TEXT,
    "size" DECIMAL(38,18) NOT NULL,
    "price" DECIMAL(38,18) NOT NULL,
    "fee_currency" TEXT,
    "fee_cost" DECIMAL(38,18),
    "liquidity" TEXT,
    "executed_at" TIMESTAMPTZ(3) NOT NULL,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "tries" INTEGER NOT NULL DEFAULT 0,
    "last_tried_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "attributed_at" TIMESTAMPTZ(3),
    "order_id" TEXT COLLATE "C",

    CONSTRAINT "unattributed_fills_pkey" PRIMARY KEY ("account_id", "symbol", "exchange_order_id", "trade_id"),
    CONSTRAINT "unattributed_fills_side_check" CHECK ("side" IN ('BUY', 'SELL')),
    CONSTRAINT "unattributed_fills_attributed_check" CHECK (("attributed_at" IS NULL) = ("order_id" IS NULL)),
    CONSTRAINT "unattributed_fills_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "unattributed_fills_pending_idx" ON "unattributed_fills"("account_id", "last_tried_at" NULLS FIRST)
    WHERE "attributed_at" IS NULL;
