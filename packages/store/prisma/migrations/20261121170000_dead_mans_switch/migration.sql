-- An account's wish for its exchange's own dead man's switch, and what is known of it there. One row for each account that
-- ever had one; refreshed several times a minute, so the account's own row is left alone.
CREATE TABLE "dead_mans_switches" (
    "account_id" TEXT COLLATE "C" NOT NULL,
    "timeout_seconds" INTEGER,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,
    "armed_seconds" INTEGER,
    "refreshed_at" TIMESTAMPTZ(3),
    "armed_until" TIMESTAMPTZ(3),
    "may_fire_until" TIMESTAMPTZ(3),
    "last_error" TEXT,

    CONSTRAINT "dead_mans_switches_pkey" PRIMARY KEY ("account_id"),
    CONSTRAINT "dead_mans_switches_timeout_check" CHECK ("timeout_seconds" > 0),
    CONSTRAINT "dead_mans_switches_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
-- Read every second by every worker: only those about which something has to be said.
CREATE INDEX "dead_mans_switches_standing_idx" ON "dead_mans_switches"("account_id") WHERE "timeout_seconds" IS NOT NULL OR "may_fire_until" IS NOT NULL;
