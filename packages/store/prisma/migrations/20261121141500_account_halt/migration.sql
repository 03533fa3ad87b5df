-- A halt and what it is to do. `cancel_open_before`: what was known before that instant is to be cancelled; null: nothing is.
ALTER TABLE "accounts"
    ADD COLUMN "halted_at" TIMESTAMPTZ(3),
    ADD COLUMN "cancel_open_before" TIMESTAMPTZ(3),
    ADD CONSTRAINT "accounts_halt_check" CHECK (
        ("halted_at" IS NULL OR "halted") AND ("cancel_open_before" IS NULL OR "halted_at" IS NOT NULL));
UPDATE "accounts" SET "halted_at" = date_trunc('milliseconds', now()) WHERE "halted";

-- Beside the counter whose row every place and commit locks: what was checked before a halt can't be written after it.
ALTER TABLE "account_journals" ADD COLUMN "halted" BOOLEAN NOT NULL DEFAULT false;
UPDATE "account_journals" j SET "halted" = true FROM "accounts" a WHERE a."id" = j."account_id" AND a."halted";
