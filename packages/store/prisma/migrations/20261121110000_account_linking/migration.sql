-- Accounts come and go: credentials are replaced (credentials_id names which ones) and destroyed (null after unlinking).
ALTER TABLE "accounts"
    ALTER COLUMN "sealed_credentials" DROP NOT NULL,
    ADD COLUMN "credentials_id" TEXT COLLATE "C" NOT NULL DEFAULT 'initial',
    ADD COLUMN "key_fingerprint" TEXT,
    ADD COLUMN "venue_owner" TEXT,
    ADD COLUMN "unlinked_at" TIMESTAMPTZ(3),
    ADD CONSTRAINT "accounts_unlinked_check" CHECK (
        ("unlinked_at" IS NULL) = ("sealed_credentials" IS NOT NULL)
        AND ("unlinked_at" IS NULL OR "key_fingerprint" IS NULL));

-- One API key serves one account; those of unlinked accounts are forgotten.
CREATE UNIQUE INDEX "accounts_key_fingerprint_key" ON "accounts"("key_fingerprint");

-- Closed with its account: no order is placed any more. The row is locked by every place, so that none can slip through.
ALTER TABLE "account_journals" ADD COLUMN "closed" BOOLEAN NOT NULL DEFAULT false;

-- Credentials on their way: sealed for the services that may call exchanges, until those have tried them.
CREATE TABLE "account_candidates" (
    "id" TEXT COLLATE "C" NOT NULL,
    "kind" TEXT NOT NULL,
    "account_id" TEXT COLLATE "C" NOT NULL,
    "user_id" TEXT COLLATE "C" NOT NULL,
    "exchange" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "sealed_credentials" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "account_candidates_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "account_candidates_kind_check" CHECK ("kind" IN ('link', 'rotate')),
    CONSTRAINT "account_candidates_mode_check" CHECK ("mode" IN ('PAPER', 'SANDBOX', 'LIVE')),
    CONSTRAINT "account_candidates_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "account_candidates_user_id_idx" ON "account_candidates"("user_id");
CREATE INDEX "account_candidates_expires_at_idx" ON "account_candidates"("expires_at");

-- The key pair that candidates are sealed for: anybody may seal, only a holder of the master key can open.
CREATE TABLE "service_keys" (
    "name" TEXT COLLATE "C" NOT NULL,
    "public_key" TEXT NOT NULL,
    "sealed_private_key" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "service_keys_pkey" PRIMARY KEY ("name")
);
