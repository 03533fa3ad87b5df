-- A disabled user is refused whatever token or identity comes.
ALTER TABLE "users" ADD COLUMN "disabled_at" TIMESTAMPTZ(3);
CREATE INDEX "users_created_at_id_idx" ON "users"("created_at" DESC, "id" DESC);

-- Revoked tokens stay, for the lists and the audit.
ALTER TABLE "api_tokens" ADD COLUMN "label" TEXT NOT NULL DEFAULT '';
ALTER TABLE "api_tokens" ADD COLUMN "revoked_at" TIMESTAMPTZ(3);
CREATE INDEX "api_tokens_created_at_id_idx" ON "api_tokens"("created_at" DESC, "id" DESC);
CREATE INDEX "api_tokens_user_id_created_at_id_idx" ON "api_tokens"("user_id", "created_at" DESC, "id" DESC);
CREATE INDEX "api_tokens_prefix_created_at_id_idx" ON "api_tokens"("prefix", "created_at" DESC, "id" DESC);

-- Which user an outside identity provider means by a subject.
CREATE TABLE "identities" (
    "issuer" TEXT COLLATE "C" NOT NULL,
    "subject" TEXT COLLATE "C" NOT NULL,
    "user_id" TEXT COLLATE "C" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "identities_pkey" PRIMARY KEY ("issuer", "subject"),
    CONSTRAINT "identities_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "identities_user_id_idx" ON "identities"("user_id");

-- With what the caller proved who it is: a token's prefix, or the issuer of a JWT. Never the token.
ALTER TABLE "audit" ADD COLUMN "via" TEXT;
CREATE INDEX "audit_user_id_id_idx" ON "audit"("user_id", "id" DESC);
CREATE INDEX "audit_action_id_idx" ON "audit"("action", "id" DESC);
