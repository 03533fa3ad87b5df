-- Counts the changes of an account's alerts. Raised under the row lock that orders the account's journal, so that positions
-- become visible in their own order.
ALTER TABLE "account_journals" ADD COLUMN "alert_seq" BIGINT NOT NULL DEFAULT 0;

CREATE TABLE "alerts" (
    "id" TEXT COLLATE "C" NOT NULL,
    "account_id" TEXT COLLATE "C" NOT NULL,
    "user_id" TEXT COLLATE "C" NOT NULL,
    "exchange" TEXT NOT NULL,
    "symbol" TEXT NOT NULL,
    "trigger_symbol" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "direction" TEXT NOT NULL,
    "price" DECIMAL(38,18) NOT NULL,
    "note" TEXT,
    "status" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "fired_price" DECIMAL(38,18),
    "fired_price_at" TIMESTAMPTZ(3),
    "fired_at" TIMESTAMPTZ(3),
    "armed_seq" BIGINT NOT NULL,
    "ended_seq" BIGINT,

    CONSTRAINT "alerts_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "alerts_source_check" CHECK ("source" IN ('LAST', 'BID', 'ASK', 'MARK')),
    CONSTRAINT "alerts_direction_check" CHECK ("direction" IN ('AT_OR_ABOVE', 'AT_OR_BELOW')),
    CONSTRAINT "alerts_price_check" CHECK ("price" > 0),
    CONSTRAINT "alerts_status_check" CHECK ("status" IN ('ARMED', 'TRIGGERED', 'CANCELLED')),
    CONSTRAINT "alerts_end_check" CHECK (("status" = 'ARMED') = ("ended_seq" IS NULL)),
    CONSTRAINT "alerts_fired_check" CHECK (
        ("status" = 'TRIGGERED') = ("fired_at" IS NOT NULL)
        AND ("fired_at" IS NULL) = ("fired_price" IS NULL)
        AND ("fired_at" IS NULL) = ("fired_price_at" IS NULL)),
    CONSTRAINT "alerts_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE INDEX "alerts_account_id_created_at_id_idx" ON "alerts"("account_id", "created_at" DESC, "id" DESC);
-- What is watched for: small, whatever the history.
CREATE INDEX "alerts_armed_idx" ON "alerts"("exchange", "trigger_symbol", "created_at") WHERE "status" = 'ARMED';
CREATE INDEX "alerts_armed_account_idx" ON "alerts"("account_id") WHERE "status" = 'ARMED';
-- The newest change of each, for readers that follow an account.
CREATE INDEX "alerts_change_idx" ON "alerts"("account_id", GREATEST("armed_seq", COALESCE("ended_seq", 0)));

CREATE TABLE "tape_marks" (
    "exchange" TEXT NOT NULL,
    "symbol" TEXT NOT NULL,
    "trade_at" TIMESTAMPTZ(3) NOT NULL,
    "armed_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "tape_marks_pkey" PRIMARY KEY ("exchange", "symbol")
);
