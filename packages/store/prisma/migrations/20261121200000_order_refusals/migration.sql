-- Requests that were refused, so that an earlier try of the same request, which is still on its way, places nothing after
-- its caller was told of the refusal. Both functions are VOLATILE (the default): unlike a subquery, each of their
-- statements has a snapshot of its own (PostgreSQL docs, "Function Volatility Categories"), so what was committed while
-- the statement that calls them waited for the account's lock is seen.
CREATE TABLE "order_refusals" (
    "account_id" TEXT NOT NULL REFERENCES "accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    "client_order_id" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "refused_at" TIMESTAMPTZ(6) NOT NULL,
    CONSTRAINT "order_refusals_pkey" PRIMARY KEY ("account_id", "client_order_id", "request_hash")
);
CREATE INDEX "order_refusals_account_id_refused_at_idx" ON "order_refusals"("account_id", "refused_at");

-- The newest of them: a command that was given after it needs no look at the table.
ALTER TABLE "account_journals" ADD COLUMN "refused_at" TIMESTAMPTZ(6);

-- False: an order has one of these client order ids, and nothing is recorded. Who has waited for an hour has expired.
CREATE FUNCTION "refuse_requests"("of_account" TEXT, "ids" TEXT[], "hashes" TEXT[]) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
    "moment" TIMESTAMPTZ;
BEGIN
    PERFORM 1 FROM "account_journals" j WHERE j."account_id" = "of_account" FOR UPDATE;
    IF NOT FOUND THEN RETURN TRUE; END IF;
    IF EXISTS (SELECT FROM "orders" o WHERE o."account_id" = "of_account" AND o."client_order_id" = ANY("ids")) THEN
        RETURN FALSE;
    END IF;
    "moment" := clock_timestamp();
    DELETE FROM "order_refusals" r WHERE r."account_id" = "of_account" AND r."refused_at" < "moment" - INTERVAL '1 hour';
    INSERT INTO "order_refusals" AS r SELECT "of_account", i."id", i."hash", "moment" FROM unnest("ids", "hashes") AS i("id", "hash")
    ON CONFLICT ON CONSTRAINT "order_refusals_pkey" DO UPDATE SET "refused_at" = GREATEST(r."refused_at", EXCLUDED."refused_at");
    UPDATE "account_journals" j SET "refused_at" = GREATEST(j."refused_at", "moment") WHERE j."account_id" = "of_account";
    RETURN TRUE;
END $$;

CREATE FUNCTION "refused_since"("of_account" TEXT, "id" TEXT, "hash" TEXT, "issued_at" TIMESTAMPTZ) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM "order_refusals" r
        WHERE r."account_id" = "of_account" AND r."client_order_id" = "id" AND r."request_hash" = "hash" AND r."refused_at" >= "issued_at"
    );
END $$;
