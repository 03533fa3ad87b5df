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

-- What an account's limits say to the orders of one statement: those that are refused, with the reason. Called with the
-- account's journal locked. VOLATILE on purpose: each query in it sees what was committed until it began, also by whoever
-- held that lock a moment ago, which the statement around it can't see. `items`: `n`, `id`, `account_id` (of a new order), `limited`
-- ('anew', 'raise'; null: not judged), `expected` version (of a change) and `state` (columns of `orders` as they are to be), in the
-- order of `n`; each sees those before it that were not refused.
CREATE FUNCTION "judge_limits"("of_account" TEXT, "items" JSON) RETURNS TABLE ("n" INTEGER, "refusal" JSON)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    risk RECORD;
    item RECORD;
    open_orders BIGINT := 0;
    sums JSONB := '{}';
    taken JSONB := '{}';
    others NUMERIC;
    raises BOOLEAN;
    twin TEXT;
    said JSON;
BEGIN
    SELECT a.max_order_notional, a.max_open_notional, a.max_open_orders, a.reject_duplicates INTO risk
    FROM accounts a WHERE a.id = of_account;

    IF risk.max_open_notional IS NOT NULL OR risk.max_open_orders IS NOT NULL THEN
        SELECT COALESCE(sum(s.orders), 0), COALESCE(jsonb_object_agg(s.currency, s.value), '{}') INTO open_orders, sums
        FROM (
            SELECT COALESCE(o.limit_currency, '') AS currency, count(*) AS orders, COALESCE(sum(o.open_value), 0) AS value
            FROM orders o
            WHERE CASE WHEN o.status IN ('PENDING', 'OPEN') THEN o.account_id END = of_account AND o.status IN ('PENDING', 'OPEN')
            GROUP BY 1
        ) s;
    END IF;

    -- The orders at the prices that are asked for: in one pass, however many ask.
    IF risk.reject_duplicates THEN
        SELECT COALESCE(jsonb_object_agg(t.place, t.id), '{}') INTO taken
        FROM (
            SELECT o.symbol || ' ' || o.side || ' ' || p.price AS place, min(o.id) AS id
            FROM orders o CROSS JOIN LATERAL unnest(o.open_prices) AS p(price)
            WHERE CASE WHEN o.status IN ('PENDING', 'OPEN') THEN o.account_id END = of_account AND o.status IN ('PENDING', 'OPEN')
                AND o.id <> ALL(ARRAY(SELECT i.id FROM json_to_recordset(items) AS i(id text)))
                AND p.price = ANY(ARRAY(
                    SELECT w.price FROM json_to_recordset(items) AS i(state json)
                    CROSS JOIN LATERAL json_array_elements_text(i.state->'open_prices') AS w(price)))
            GROUP BY 1
        ) t;
    END IF;

    FOR item IN
        SELECT i.n, i.id, i.limited, o.id IS NOT NULL AS is_open, COALESCE(o.open_value, 0) AS before,
            o.version IS NOT DISTINCT FROM i.expected AS is_expected,
            COALESCE(o.symbol, s.symbol) || ' ' || COALESCE(o.side, s.side) || ' ' AS place,
            COALESCE(o.limit_currency, s.limit_currency, '') AS currency,
            GREATEST(s.open_value, s.open_size * COALESCE(s.valued_at, o.valued_at)) AS value,
            ARRAY(SELECT p FROM unnest(s.open_prices) p WHERE p <> ALL(COALESCE(o.open_prices, '{}'))) AS prices
        FROM json_to_recordset(items) AS i(n int, id text, account_id text, limited text, expected int, state json)
        CROSS JOIN LATERAL json_populate_record(NULL::orders, i.state) s
        LEFT JOIN orders o ON o.id = i.id AND o.account_id = of_account AND o.status IN ('PENDING', 'OPEN')
        WHERE i.limited IS NOT NULL AND (o.id IS NOT NULL OR i.account_id = of_account)
        ORDER BY i.n
    LOOP
        -- An order that was changed since it was read is not written either.
        CONTINUE WHEN item.is_open AND NOT item.is_expected;
        others := COALESCE((sums->>item.currency)::numeric, 0) - item.before;
        raises := item.value IS NOT NULL AND (item.limited = 'anew' OR item.value > item.before);
        twin := (SELECT taken->>(item.place || p) FROM unnest(item.prices) p WHERE taken ? (item.place || p) LIMIT 1);
        said := CASE
            WHEN raises AND item.value > risk.max_order_notional THEN json_build_object('kind', 'maxOrderNotional',
                'limit', risk.max_order_notional::text, 'value', item.value::text, 'currency', item.currency)
            WHEN item.limited = 'anew' AND open_orders - item.is_open::int >= risk.max_open_orders THEN json_build_object(
                'kind', 'maxOpenOrders', 'limit', risk.max_open_orders, 'open', open_orders - item.is_open::int)
            WHEN raises AND others + item.value > risk.max_open_notional THEN json_build_object('kind', 'maxOpenNotional',
                'limit', risk.max_open_notional::text, 'open', others::text, 'value', item.value::text, 'currency', item.currency)
            WHEN risk.reject_duplicates AND twin IS NOT NULL THEN json_build_object('kind', 'duplicate', 'orderId', twin)
        END;
        IF said IS NOT NULL THEN
            n := item.n;
            refusal := said;
            RETURN NEXT;
            CONTINUE;
        END IF;
        open_orders := open_orders + CASE WHEN item.is_open THEN 0 ELSE 1 END;
        sums := sums || jsonb_build_object(item.currency, others + COALESCE(item.value, 0));
        taken := taken || COALESCE((SELECT jsonb_object_agg(item.place || p, item.id) FROM unnest(item.prices) p), '{}');
    END LOOP;
END
$$;
