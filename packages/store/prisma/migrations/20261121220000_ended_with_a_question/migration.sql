-- An order that has ended while a question to the exchange about it is open (an execution that was claimed, say) is not
-- settled: should its wake-up be lost, the resync has to find it.
DROP INDEX "orders_unsettled_idx";
-- OrderLedger.unsettled: the periodic resync walks only what is not done, or not answered, or not told, in id order.
CREATE INDEX "orders_unsettled_idx" ON "orders"("id")
    WHERE "version" IS NOT NULL AND (NOT "done" OR "attempts" > 0 OR ("group_id" IS NOT NULL AND "filled_size" <> "told_filled"));
