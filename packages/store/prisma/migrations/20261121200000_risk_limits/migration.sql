-- What an order may still trade, as its account's limits count it: written with every write of the order, so that sums are
-- sums over rows and need no bookkeeping. NUMERIC without a scale: a product of two amounts stays exact.
ALTER TABLE "orders"
    ADD COLUMN "open_size" NUMERIC,
    ADD COLUMN "open_value" NUMERIC,
    ADD COLUMN "open_prices" TEXT[] NOT NULL DEFAULT '{}',
    ADD COLUMN "valued_at" NUMERIC,
    ADD COLUMN "limit_currency" TEXT COLLATE "C";

-- As in `accounts`: some limit is set that the writes of orders are held against.
ALTER TABLE "account_journals" ADD COLUMN "limited" BOOLEAN NOT NULL DEFAULT false;
UPDATE "account_journals" j SET "limited" = true FROM "accounts" a
WHERE a."id" = j."account_id" AND (a."max_order_notional" IS NOT NULL OR a."max_open_notional" IS NOT NULL
    OR a."max_open_orders" IS NOT NULL OR a."reject_duplicates");

-- Orders from before, by their wished terms; the next write of each makes it exact.
UPDATE "orders" o SET
    "limit_currency" = CASE WHEN split_part(o."symbol", '-', 2) IN
        ('USD', 'USDT', 'USDC', 'USDE', 'USDS', 'FDUSD', 'TUSD', 'PYUSD', 'BUSD', 'DAI') THEN 'USD' ELSE split_part(o."symbol", '-', 2) END,
    "open_size" = CASE WHEN o."spec"->>'quoteSize' IS NULL THEN GREATEST(o."size" - COALESCE(o."filled_size", 0), 0) END,
    "open_value" = COALESCE(
        GREATEST((o."spec"->>'quoteSize')::numeric - COALESCE(o."filled_size" * o."average_filled_price", 0), 0 * (o."spec"->>'quoteSize')::numeric),
        GREATEST(o."size" - COALESCE(o."filled_size", 0), 0) *
            GREATEST((o."spec"->>'price')::numeric, (o."spec"->>'stopPrice')::numeric)),
    "open_prices" = CASE
        WHEN o."spec"->>'price' IS NOT NULL THEN ARRAY[o."spec"->>'price']
        WHEN o."spec"->>'stopPrice' IS NOT NULL THEN ARRAY['stop ' || (o."spec"->>'stopPrice')]
        ELSE '{}' END
WHERE o."status" IN ('PENDING', 'OPEN');
