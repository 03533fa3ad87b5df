-- Lines up to here may be gone: a reader whose cursor is older can't resume exactly and has to be told so.
ALTER TABLE "account_journals" ADD COLUMN "purged_up_to" BIGINT NOT NULL DEFAULT 0;
