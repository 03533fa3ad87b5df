-- Ids are ordered bytewise (COLLATE "C"), so that every server, locale and the in-memory store page alike.

-- CreateTable
CREATE TABLE "users" (
    "id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_tokens" (
    "id" TEXT COLLATE "C" NOT NULL,
    "user_id" TEXT COLLATE "C" NOT NULL,
    "role" TEXT NOT NULL,
    "token_hash" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_tokens_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "api_tokens_role_check" CHECK ("role" IN ('viewer', 'trader', 'admin'))
);

-- CreateTable
CREATE TABLE "accounts" (
    "id" TEXT COLLATE "C" NOT NULL,
    "user_id" TEXT COLLATE "C" NOT NULL,
    "exchange" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "halted" BOOLEAN NOT NULL DEFAULT false,
    "sealed_credentials" TEXT NOT NULL,
    "last_synced_at" TIMESTAMPTZ(3),
    "cache_open_orders" BOOLEAN NOT NULL DEFAULT true,
    "encrypt_at_rest" BOOLEAN NOT NULL DEFAULT false,
    "history_retention_days" INTEGER,
    "max_order_notional" DECIMAL(38,18),
    "max_open_notional" DECIMAL(38,18),
    "max_open_orders" INTEGER,
    "price_collar" DECIMAL(38,18),
    "reject_duplicates" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "accounts_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "accounts_mode_check" CHECK ("mode" IN ('PAPER', 'SANDBOX', 'LIVE'))
);

-- CreateTable
CREATE TABLE "account_journals" (
    "account_id" TEXT COLLATE "C" NOT NULL,
    "seq" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "account_journals_pkey" PRIMARY KEY ("account_id")
) WITH (fillfactor = 50);

-- CreateTable
CREATE TABLE "orders" (
    "id" TEXT COLLATE "C" NOT NULL,
    "account_id" TEXT COLLATE "C" NOT NULL,
    "user_id" TEXT COLLATE "C" NOT NULL,
    "exchange" TEXT NOT NULL,
    "client_order_id" TEXT COLLATE "C" NOT NULL,
    "request_hash" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "generation" INTEGER NOT NULL,
    "symbol" TEXT COLLATE "C" NOT NULL,
    "side" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "time_in_force" TEXT NOT NULL,
    "spec" JSON NOT NULL,
    "group_id" TEXT COLLATE "C",
    "created_session_id" TEXT COLLATE "C",
    "session_id" TEXT COLLATE "C",
    "metadata" JSON NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER,
    "machine" JSON,
    "state" TEXT,
    "status" TEXT,
    "size" DECIMAL(38,18),
    "filled_size" DECIMAL(38,18),
    "average_filled_price" DECIMAL(38,18),
    "exchange_order_id" TEXT COLLATE "C",
    "done" BOOLEAN NOT NULL DEFAULT false,
    "actual_created_at" TIMESTAMPTZ(3),
    "actual_updated_at" TIMESTAMPTZ(3),
    "event_count" INTEGER NOT NULL DEFAULT 0,
    "reconciliation_status" TEXT,
    "observed_generation" INTEGER,
    "attempts" INTEGER,
    "next_attempt_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "last_evidence_at" TIMESTAMPTZ(3),
    "absent_lookups" JSON,
    "pending_since" TIMESTAMPTZ(3),

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "orders_side_check" CHECK ("side" IN ('BUY', 'SELL')),
    CONSTRAINT "orders_status_check" CHECK ("status" IN ('PENDING', 'OPEN', 'FILLED', 'CANCELLED', 'EXPIRED', 'FAILED')),
    CONSTRAINT "orders_reconciliation_status_check" CHECK (
        "reconciliation_status" IN ('IN_SYNC', 'PROGRESSING', 'AMBIGUOUS', 'STALE', 'NEEDS_ATTENTION')),
    CONSTRAINT "orders_actual_check" CHECK (("version" IS NULL) = ("machine" IS NULL)
        AND ("version" IS NULL) = ("status" IS NULL) AND ("version" IS NULL) = ("reconciliation_status" IS NULL))
) WITH (fillfactor = 80);

-- CreateTable
CREATE TABLE "order_legs" (
    "order_id" TEXT COLLATE "C" NOT NULL,
    "leg_index" INTEGER NOT NULL,
    "account_id" TEXT COLLATE "C" NOT NULL,
    "venue_client_id" TEXT COLLATE "C" NOT NULL,
    "own" BOOLEAN NOT NULL,
    "phase" TEXT NOT NULL,
    "sent_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "order_legs_pkey" PRIMARY KEY ("order_id", "leg_index")
);

-- CreateTable
CREATE TABLE "order_leg_ids" (
    "account_id" TEXT COLLATE "C" NOT NULL,
    "venue_order_id" TEXT COLLATE "C" NOT NULL,
    "symbol" TEXT COLLATE "C" NOT NULL,
    "order_id" TEXT COLLATE "C" NOT NULL,
    "leg_index" INTEGER NOT NULL,

    CONSTRAINT "order_leg_ids_pkey" PRIMARY KEY ("account_id", "venue_order_id", "symbol")
);

-- CreateTable
CREATE TABLE "order_events" (
    "account_id" TEXT COLLATE "C" NOT NULL,
    "cursor" BIGINT NOT NULL,
    "order_id" TEXT COLLATE "C" NOT NULL,
    "sequence" INTEGER NOT NULL,
    "order_version" INTEGER NOT NULL,
    "type" TEXT,
    "from_state" TEXT,
    "to_state" TEXT,
    "reason" TEXT,
    "source" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "machine_event" JSON,

    CONSTRAINT "order_events_pkey" PRIMARY KEY ("account_id", "cursor")
);

-- CreateTable
CREATE TABLE "order_fills" (
    "order_id" TEXT COLLATE "C" NOT NULL,
    "trade_id" TEXT COLLATE "C" NOT NULL,
    "account_id" TEXT COLLATE "C" NOT NULL,
    "symbol" TEXT COLLATE "C" NOT NULL,
    "exchange_order_id" TEXT COLLATE "C",
    "size" DECIMAL(38,18) NOT NULL,
    "price" DECIMAL(38,18) NOT NULL,
    "fee_currency" TEXT,
    "fee_cost" DECIMAL(38,18),
    "liquidity" TEXT,
    "executed_at" TIMESTAMPTZ(3) NOT NULL,
    "void" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "order_fills_pkey" PRIMARY KEY ("order_id", "trade_id")
);

-- CreateTable
CREATE TABLE "order_groups" (
    "id" TEXT COLLATE "C" NOT NULL,
    "user_id" TEXT COLLATE "C" NOT NULL,
    "kind" TEXT NOT NULL,
    "on_partial_fill" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "order_groups_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "exchange_sessions" (
    "id" TEXT COLLATE "C" NOT NULL,
    "account_id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT,
    "transition" TEXT NOT NULL,
    "subject" TEXT,
    "previous_id" TEXT COLLATE "C",
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "exchange_sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sync_runs" (
    "id" TEXT COLLATE "C" NOT NULL,
    "account_id" TEXT COLLATE "C" NOT NULL,
    "reason" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3) NOT NULL,
    "coverage" JSON NOT NULL,
    "complete" BOOLEAN NOT NULL,
    "adopted" INTEGER NOT NULL,
    "changed" INTEGER NOT NULL,

    CONSTRAINT "sync_runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "user_id" TEXT COLLATE "C",
    "action" TEXT NOT NULL,
    "target" TEXT,
    "outcome" TEXT NOT NULL,
    "remote" TEXT,

    CONSTRAINT "audit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "markets" (
    "exchange" TEXT COLLATE "C" NOT NULL,
    "symbol" TEXT COLLATE "C" NOT NULL,
    "market" JSON NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "markets_pkey" PRIMARY KEY ("exchange", "symbol")
);

-- CreateTable
CREATE TABLE "exchange_health" (
    "exchange" TEXT COLLATE "C" NOT NULL,
    "reachable" BOOLEAN NOT NULL,
    "stream_connected" BOOLEAN NOT NULL,
    "rate_limited_until" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "exchange_health_pkey" PRIMARY KEY ("exchange")
);

-- CreateTable
CREATE TABLE "leases" (
    "name" TEXT COLLATE "C" NOT NULL,
    "owner" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "leases_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "fills_watermarks" (
    "account_id" TEXT COLLATE "C" NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "fills_watermarks_pkey" PRIMARY KEY ("account_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "api_tokens_token_hash_key" ON "api_tokens"("token_hash");
CREATE INDEX "api_tokens_user_id_idx" ON "api_tokens"("user_id");
CREATE INDEX "accounts_user_id_idx" ON "accounts"("user_id");
CREATE UNIQUE INDEX "orders_account_id_client_order_id_key" ON "orders"("account_id", "client_order_id");
CREATE INDEX "orders_user_id_created_at_id_idx" ON "orders"("user_id", "created_at" DESC, "id" DESC);
CREATE INDEX "orders_account_id_created_at_id_idx" ON "orders"("account_id", "created_at", "id");
CREATE INDEX "orders_symbol_created_at_id_idx" ON "orders"("symbol", "created_at", "id");
-- Open orders of an account: OrderLedger.openOrders and accountSnapshot. On an expression, so that no other index can
-- answer: while a table is small all of an account's indices look alike, and the plan is cached.
CREATE INDEX "orders_open_idx" ON "orders"((CASE WHEN "status" IN ('PENDING', 'OPEN') THEN "account_id" END), "created_at", "id") WHERE "status" IN ('PENDING', 'OPEN');
-- OrderLedger.unsettled: the periodic resync walks only what is not done, in id order.
CREATE INDEX "orders_unsettled_idx" ON "orders"("id") WHERE NOT "done" AND "version" IS NOT NULL;
-- OrderStateStore.listStale.
CREATE INDEX "orders_stale_idx" ON "orders"((COALESCE("last_evidence_at", "actual_created_at")), "id") WHERE NOT "done" AND "version" IS NOT NULL;
-- OrderStateStore.list by status, and the reconciler's metrics.
CREATE INDEX "orders_out_of_sync_idx" ON "orders"("reconciliation_status", "created_at", "id") WHERE "reconciliation_status" <> 'IN_SYNC';
CREATE INDEX "orders_group_idx" ON "orders"("group_id", "created_at", "id") WHERE "group_id" IS NOT NULL;
CREATE INDEX "orders_session_idx" ON "orders"("session_id", "created_at", "id") WHERE "session_id" IS NOT NULL;
-- Our venue client ids are never reused; foreign clients may reuse theirs.
CREATE UNIQUE INDEX "order_legs_own_client_id_key" ON "order_legs"("account_id", "venue_client_id") WHERE "own";
CREATE INDEX "order_legs_account_id_venue_client_id_idx" ON "order_legs"("account_id", "venue_client_id");
CREATE INDEX "order_leg_ids_order_id_idx" ON "order_leg_ids"("order_id");
CREATE UNIQUE INDEX "order_events_order_id_sequence_key" ON "order_events"("order_id", "sequence");
CREATE UNIQUE INDEX "order_fills_account_id_symbol_exchange_order_id_trade_id_key" ON "order_fills"("account_id", "symbol", "exchange_order_id", "trade_id");
CREATE INDEX "order_groups_user_id_idx" ON "order_groups"("user_id");
CREATE INDEX "exchange_sessions_account_id_started_at_idx" ON "exchange_sessions"("account_id", "started_at");
CREATE INDEX "sync_runs_account_id_complete_started_at_idx" ON "sync_runs"("account_id", "complete", "started_at" DESC);
CREATE INDEX "audit_user_id_at_idx" ON "audit"("user_id", "at");

-- AddForeignKey
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "account_journals" ADD CONSTRAINT "account_journals_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "orders" ADD CONSTRAINT "orders_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "order_legs" ADD CONSTRAINT "order_legs_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "order_leg_ids" ADD CONSTRAINT "order_leg_ids_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "order_events" ADD CONSTRAINT "order_events_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "order_fills" ADD CONSTRAINT "order_fills_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "exchange_sessions" ADD CONSTRAINT "exchange_sessions_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE;
