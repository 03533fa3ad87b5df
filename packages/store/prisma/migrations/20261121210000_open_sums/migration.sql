-- Adding up 10,000 open orders for each order that is placed took longer than placing it. So the sums are kept, and only for
-- accounts that have limits: by triggers, so that no statement can forget them, and under the lock of the account's journal,
-- which every writer of orders holds. `count_open` makes them anew when limits are set. Every row is the sum over the open
-- orders of `orders`, exactly: NUMERIC has no drift.
CREATE TABLE "open_sums" (
    "account_id" TEXT COLLATE "C" NOT NULL,
    "currency" TEXT COLLATE "C" NOT NULL,
    "orders" BIGINT NOT NULL,
    "value" NUMERIC NOT NULL,
    CONSTRAINT "open_sums_pkey" PRIMARY KEY ("account_id", "currency"),
    CONSTRAINT "open_sums_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- At which prices something is open.
CREATE TABLE "open_prices" (
    "account_id" TEXT COLLATE "C" NOT NULL,
    "symbol" TEXT COLLATE "C" NOT NULL,
    "side" TEXT COLLATE "C" NOT NULL,
    "price" TEXT COLLATE "C" NOT NULL,
    "order_id" TEXT COLLATE "C" NOT NULL,
    CONSTRAINT "open_prices_pkey" PRIMARY KEY ("account_id", "symbol", "side", "price", "order_id"),
    CONSTRAINT "open_prices_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE FUNCTION "keep_open_sums"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM account_journals j WHERE j.account_id = COALESCE(NEW.account_id, OLD.account_id) AND j.limited
    ) THEN
        RETURN NULL;
    END IF;
    IF OLD.status IN ('PENDING', 'OPEN') THEN
        UPDATE open_sums s SET orders = s.orders - 1, value = s.value - COALESCE(OLD.open_value, 0)
        WHERE s.account_id = OLD.account_id AND s.currency = COALESCE(OLD.limit_currency, '');
        DELETE FROM open_prices p WHERE p.account_id = OLD.account_id AND p.symbol = OLD.symbol AND p.side = OLD.side
            AND p.price = ANY(OLD.open_prices) AND p.order_id = OLD.id;
    END IF;
    IF NEW.status IN ('PENDING', 'OPEN') THEN
        INSERT INTO open_sums AS s (account_id, currency, orders, value)
        VALUES (NEW.account_id, COALESCE(NEW.limit_currency, ''), 1, COALESCE(NEW.open_value, 0))
        ON CONFLICT (account_id, currency) DO UPDATE SET orders = s.orders + 1, value = s.value + excluded.value;
        INSERT INTO open_prices (account_id, symbol, side, price, order_id)
        SELECT NEW.account_id, NEW.symbol, NEW.side, p, NEW.id FROM unnest(NEW.open_prices) p
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER "orders_open_sums_insert" AFTER INSERT ON "orders" FOR EACH ROW
    WHEN (NEW.status IN ('PENDING', 'OPEN')) EXECUTE FUNCTION keep_open_sums();
CREATE TRIGGER "orders_open_sums_delete" AFTER DELETE ON "orders" FOR EACH ROW
    WHEN (OLD.status IN ('PENDING', 'OPEN')) EXECUTE FUNCTION keep_open_sums();
CREATE TRIGGER "orders_open_sums_update" AFTER UPDATE ON "orders" FOR EACH ROW
    WHEN ((OLD.status IN ('PENDING', 'OPEN')) IS DISTINCT FROM (NEW.status IN ('PENDING', 'OPEN'))
        OR OLD.open_value IS DISTINCT FROM NEW.open_value OR OLD.open_prices IS DISTINCT FROM NEW.open_prices
        OR (OLD.symbol, OLD.side, OLD.limit_currency) IS DISTINCT FROM (NEW.symbol, NEW.side, NEW.limit_currency))
    EXECUTE FUNCTION keep_open_sums();

-- Makes the sums of an account anew where it has limits, and removes them where it has none. Called with its journal locked.
CREATE FUNCTION "count_open"("of_account" TEXT) RETURNS VOID LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    DELETE FROM open_sums s WHERE s.account_id = of_account;
    DELETE FROM open_prices p WHERE p.account_id = of_account;
    IF NOT EXISTS (SELECT 1 FROM account_journals j WHERE j.account_id = of_account AND j.limited) THEN
        RETURN;
    END IF;
    INSERT INTO open_sums (account_id, currency, orders, value)
    SELECT of_account, COALESCE(o.limit_currency, ''), count(*), COALESCE(sum(o.open_value), 0) FROM orders o
    WHERE CASE WHEN o.status IN ('PENDING', 'OPEN') THEN o.account_id END = of_account AND o.status IN ('PENDING', 'OPEN')
    GROUP BY 2;
    INSERT INTO open_prices (account_id, symbol, side, price, order_id)
    SELECT of_account, o.symbol, o.side, p, o.id FROM orders o CROSS JOIN LATERAL unnest(o.open_prices) p
    WHERE CASE WHEN o.status IN ('PENDING', 'OPEN') THEN o.account_id END = of_account AND o.status IN ('PENDING', 'OPEN');
END
$$;

SELECT count_open(j.account_id) FROM account_journals j WHERE j.limited;

-- What an account's limits say to the orders of one statement: those that are refused, with the reason. Called with the
-- account's journal locked. VOLATILE on purpose: each query in it sees what was committed until it began, also by whoever
-- held that lock a moment ago, which the statement around it can't see. `items`: `n`, `id`, `account_id` (of a new order), `limited`
-- ('anew', 'raise'; null: not judged), `expected` version (of a change) and `state` (columns of `orders` as they are to be), in the
-- order of `n`; each sees those before it that were not refused.
-- What is open is read from the sums, and an order by its key only.
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
    place TEXT;
    twin TEXT;
    said JSON;
BEGIN
    SELECT a.max_order_notional, a.max_open_notional, a.max_open_orders, a.reject_duplicates INTO risk
    FROM accounts a WHERE a.id = of_account;

    SELECT COALESCE(sum(s.orders), 0), COALESCE(jsonb_object_agg(s.currency, s.value), '{}') INTO open_orders, sums
    FROM open_sums s WHERE s.account_id = of_account;

    FOR item IN
        SELECT i.n, i.id, i.limited, o.id IS NOT NULL AS is_open, COALESCE(o.open_value, 0) AS before,
            o.version IS NOT DISTINCT FROM i.expected AS is_expected,
            COALESCE(o.symbol, s.symbol) AS symbol, COALESCE(o.side, s.side) AS side,
            COALESCE(o.limit_currency, s.limit_currency, '') AS currency,
            GREATEST(s.open_value, s.open_size * COALESCE(s.valued_at, o.valued_at)) AS value,
            ARRAY(SELECT p FROM unnest(s.open_prices) p WHERE p <> ALL(COALESCE(o.open_prices, '{}'))) AS prices
        FROM json_to_recordset(items) AS i(n int, id text, account_id text, limited text, expected int, state json)
        CROSS JOIN LATERAL json_populate_record(NULL::orders, i.state) s
        LEFT JOIN LATERAL (SELECT * FROM orders x WHERE x.id = i.id OFFSET 0) o
            ON o.account_id = of_account AND o.status IN ('PENDING', 'OPEN')
        WHERE i.limited IS NOT NULL AND (o.id IS NOT NULL OR i.account_id = of_account)
        ORDER BY i.n
    LOOP
        -- An order that was changed since it was read is not written either.
        CONTINUE WHEN item.is_open AND NOT item.is_expected;
        others := COALESCE((sums->>item.currency)::numeric, 0) - item.before;
        raises := item.value IS NOT NULL AND (item.limited = 'anew' OR item.value > item.before);
        place := item.symbol || ' ' || item.side || ' ';
        twin := CASE WHEN risk.reject_duplicates THEN COALESCE(
            (SELECT p.order_id FROM open_prices p
                WHERE p.account_id = of_account AND p.symbol = item.symbol AND p.side = item.side
                    AND p.price = ANY(item.prices) AND p.order_id <> item.id ORDER BY p.order_id LIMIT 1),
            (SELECT taken->>(place || p) FROM unnest(item.prices) p WHERE taken ? (place || p) LIMIT 1)) END;
        said := CASE
            WHEN raises AND item.value > risk.max_order_notional THEN json_build_object('kind', 'maxOrderNotional',
                'limit', risk.max_order_notional::text, 'value', item.value::text, 'currency', item.currency)
            WHEN item.limited = 'anew' AND open_orders - item.is_open::int >= risk.max_open_orders THEN json_build_object(
                'kind', 'maxOpenOrders', 'limit', risk.max_open_orders, 'open', open_orders - item.is_open::int)
            WHEN raises AND others + item.value > risk.max_open_notional THEN json_build_object('kind', 'maxOpenNotional',
                'limit', risk.max_open_notional::text, 'open', others::text, 'value', item.value::text, 'currency', item.currency)
            WHEN twin IS NOT NULL THEN json_build_object('kind', 'duplicate', 'orderId', twin)
        END;
        IF said IS NOT NULL THEN
            n := item.n;
            refusal := said;
            RETURN NEXT;
            CONTINUE;
        END IF;
        open_orders := open_orders + CASE WHEN item.is_open THEN 0 ELSE 1 END;
        sums := sums || jsonb_build_object(item.currency, others + COALESCE(item.value, 0));
        taken := taken || COALESCE((SELECT jsonb_object_agg(place || p, item.id) FROM unnest(item.prices) p), '{}');
    END LOOP;
END
$$;
