-- Dark orders: what each waits for (with the intent), what made it fire, and which version of it has passed the checks that
-- come at the firing.
ALTER TABLE "orders"
    ADD COLUMN "trigger" JSON,
    ADD COLUMN "fired" JSON,
    ADD COLUMN "cleared" INTEGER,
    ADD CONSTRAINT "orders_trigger_check" CHECK ("trigger" IS NULL OR "mode" = 'DARK');

-- What is watched for: small, whatever the history. Instants are compared as text: all are written alike.
CREATE INDEX "orders_armed_idx" ON "orders"("exchange", ("trigger"->>'symbol'), ("trigger"->>'armedAt') COLLATE "C")
    WHERE "state" = 'DARK_OPEN' AND "trigger" IS NOT NULL;
