-- The chain of an account's sessions: numbered from 1, one of them active, each but the first with its previous one.
ALTER TABLE "exchange_sessions"
    ADD COLUMN "number" INTEGER NOT NULL,
    -- Orders that its transition took along.
    ADD COLUMN "migrated" INTEGER NOT NULL DEFAULT 0,
    ADD CONSTRAINT "exchange_sessions_transition_check" CHECK (
        "transition" IN ('INITIAL', 'REFRESH', 'EXCHANGE', 'FORK', 'ROTATE')),
    ADD CONSTRAINT "exchange_sessions_chain_check" CHECK (("number" = 1) = ("previous_id" IS NULL));
DROP INDEX "exchange_sessions_account_id_started_at_idx";
CREATE UNIQUE INDEX "exchange_sessions_account_id_number_key" ON "exchange_sessions"("account_id", "number");
CREATE UNIQUE INDEX "exchange_sessions_active_key" ON "exchange_sessions"("account_id") WHERE "ended_at" IS NULL;

-- The active session, beside the counter whose row every place locks: an order can't be made under one that has ended.
ALTER TABLE "account_journals" ADD COLUMN "session_id" TEXT COLLATE "C";

-- A transition waits like credentials do, and has none.
ALTER TABLE "account_candidates"
    ADD COLUMN "transition" TEXT,
    ADD COLUMN "session_name" TEXT,
    ADD COLUMN "subject" TEXT,
    DROP CONSTRAINT "account_candidates_kind_check",
    ADD CONSTRAINT "account_candidates_kind_check" CHECK ("kind" IN ('link', 'rotate', 'session')),
    ADD CONSTRAINT "account_candidates_transition_check" CHECK (
        ("kind" = 'session') = ("transition" IS NOT NULL) AND "transition" IN ('REFRESH', 'EXCHANGE', 'FORK'));

-- Accounts that are there begin with a session, which has made and tracks all of their orders.
INSERT INTO "exchange_sessions" ("id", "account_id", "number", "transition", "started_at", "ended_at")
SELECT "id" || '.1', "id", 1, 'INITIAL', "created_at", "unlinked_at" FROM "accounts";
UPDATE "account_journals" SET "session_id" = "account_id" || '.1';
UPDATE "orders" SET "created_session_id" = COALESCE("created_session_id", "account_id" || '.1'),
    "session_id" = COALESCE("session_id", "account_id" || '.1')
WHERE "created_session_id" IS NULL OR "session_id" IS NULL;
