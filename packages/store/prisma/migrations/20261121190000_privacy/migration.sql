-- `cache_version`: raised by every change of what Redis may hold of the account's orders, and whenever that is forgotten.
-- A writer that read an older one writes nothing. `converting`: earlier rows are still to be sealed, or opened.
ALTER TABLE "accounts"
    ADD COLUMN "cache_version" INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN "converting" BOOLEAN NOT NULL DEFAULT false,
    ADD CONSTRAINT "accounts_history_retention_check" CHECK ("history_retention_days" BETWEEN 0 AND 36500);
CREATE INDEX "accounts_converting_idx" ON "accounts" ("id") WHERE "converting";

-- Beside the counter whose row every place and commit locks: from the change on nothing is written the other way.
ALTER TABLE "account_journals" ADD COLUMN "encrypted" BOOLEAN NOT NULL DEFAULT false;
UPDATE "account_journals" j SET "encrypted" = true FROM "accounts" a WHERE a."id" = j."account_id" AND a."encrypt_at_rest";
UPDATE "accounts" SET "converting" = true WHERE "encrypt_at_rest";
