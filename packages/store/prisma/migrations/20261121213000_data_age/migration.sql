-- How old the open orders of an account may be when an order is judged by them, and what happens when they are older.
ALTER TABLE "accounts"
    ADD COLUMN "max_data_age_seconds" INTEGER NOT NULL DEFAULT 5,
    ADD COLUMN "require_fresh_data" BOOLEAN NOT NULL DEFAULT false,
    ADD CONSTRAINT "accounts_max_data_age_seconds_check" CHECK ("max_data_age_seconds" BETWEEN 1 AND 3600);
