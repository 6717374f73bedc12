CREATE TABLE "_llm_migrations" (
   "name" TEXT PRIMARY KEY,
   "applied_at" TEXT
);
INSERT INTO "_llm_migrations" VALUES ('m001_initial', '2026-11-26 01:10:51.342747+00:00');
INSERT INTO "_llm_migrations" VALUES ('m002_id_primary_key', '2026-11-26 01:10:51.350444+00:00');
INSERT INTO "_llm_migrations" VALUES ('m003_chat_id_foreign_key', '2026-11-26 01:10:51.362535+00:00');
INSERT INTO "_llm_migrations" VALUES ('m004_column_order', '2026-11-26 01:10:51.375752+00:00');
INSERT INTO "_llm_migrations" VALUES ('m004_drop_provider', '2026-11-26 01:10:51.398654+00:00');
INSERT INTO "_llm_migrations" VALUES ('m005_debug', '2026-11-26 01:10:51.410658+00:00');
INSERT INTO "_llm_migrations" VALUES ('m006_new_logs_table', '2026-11-26 01:10:51.443481+00:00');
INSERT INTO "_llm_migrations" VALUES ('m007_finish_logs_table', '2026-11-26 01:10:51.458424+00:00');
INSERT INTO "_llm_migrations" VALUES ('m008_reply_to_id_foreign_key', '2026-11-26 01:10:51.465531+00:00');
INSERT INTO "_llm_migrations" VALUES ('m008_fix_column_order_in_logs', '2026-11-26 01:10:51.469841+00:00');
INSERT INTO "_llm_migrations" VALUES ('m009_delete_logs_table_if_empty', '2026-11-26 01:10:51.474742+00:00');
INSERT INTO "_llm_migrations" VALUES ('m010_create_new_log_tables', '2026-11-26 01:10:51.478018+00:00');
INSERT INTO "_llm_migrations" VALUES ('m011_fts_for_responses', '2026-11-26 01:10:51.483476+00:00');
INSERT INTO "_llm_migrations" VALUES ('m012_attachments_tables', '2026-11-26 01:10:51.521375+00:00');
INSERT INTO "_llm_migrations" VALUES ('m013_usage', '2026-11-26 01:10:51.559373+00:00');
INSERT INTO "_llm_migrations" VALUES ('m014_schemas', '2026-11-26 01:10:51.628817+00:00');
CREATE TABLE "conversations" (
   "id" TEXT PRIMARY KEY,
   "name" TEXT,
   "model" TEXT
);
INSERT INTO "conversations" VALUES ('01m8apfgzfmeacrzz5ah8hsrt8', 'Ten names for a pelican', 'stub');
INSERT INTO "conversations" VALUES ('01m8apfk7ka7myc769m2kbxwak', 'a picture', 'stub');
INSERT INTO "conversations" VALUES ('01m8apfm8mrwc1c04t3seh4jg3', 'Anna', 'stub');
INSERT INTO "conversations" VALUES ('01m8apfnae4x0gmjt2eg8y28k0', 'the last one of all', 'stub');
CREATE TABLE "attachments" (
   "id" TEXT PRIMARY KEY,
   "type" TEXT,
   "path" TEXT,
   "url" TEXT,
   "content" BLOB
);
INSERT INTO "attachments" VALUES ('f731c2528f4184b386555de339aeb78f1f0908532be04e6bfe1ec790f5f50da9', 'image/png', '/data/picture.png', NULL, NULL);
CREATE TABLE "prompt_attachments" (
   "response_id" TEXT REFERENCES "responses"("id"),
   "attachment_id" TEXT REFERENCES "attachments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("response_id", "attachment_id")
);
INSERT INTO "prompt_attachments" VALUES ('01m8apfk7sdjbb4cy2qwvndjtj', 'f731c2528f4184b386555de339aeb78f1f0908532be04e6bfe1ec790f5f50da9', 0);
CREATE TABLE "schemas" (
   "id" TEXT PRIMARY KEY,
   "content" TEXT
);
INSERT INTO "schemas" VALUES ('848bffbc260a905ad40888a4518f40ef', '{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"]}');
CREATE TABLE "responses" (
   "id" TEXT PRIMARY KEY,
   "model" TEXT,
   "prompt" TEXT,
   "system" TEXT,
   "prompt_json" TEXT,
   "options_json" TEXT,
   "response" TEXT,
   "response_json" TEXT,
   "conversation_id" TEXT REFERENCES "conversations"("id"),
   "duration_ms" INTEGER,
   "datetime_utc" TEXT,
   "input_tokens" INTEGER,
   "output_tokens" INTEGER,
   "token_details" TEXT,
   "schema_id" TEXT REFERENCES "schemas"("id")
);
INSERT INTO "responses" VALUES ('01m8apfgzjrpne1qr58a4net50', 'stub', 'Ten names for a pelican', 'be brief', NULL, '{"temperature": 0.5}', 'answer to Ten names for a pelican', '{"raw": "Ten names for a pelican"}', '01m8apfgzfmeacrzz5ah8hsrt8', 0, '2026-11-26T01:10:51.631265+00:00', 23, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apfj6x4d93bkzsc0fe2at2', 'stub', 'now for a whale', NULL, NULL, '{}', 'answer to now for a whale', '{"raw": "now for a whale"}', '01m8apfgzfmeacrzz5ah8hsrt8', 0, '2026-11-26T01:10:52.893397+00:00', 15, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apfk7sdjbb4cy2qwvndjtj', 'stub', 'a picture', NULL, NULL, '{}', 'answer to a picture', '{"raw": "a picture"}', '01m8apfk7ka7myc769m2kbxwak', 0, '2026-11-26T01:10:53.939519+00:00', 9, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apfm9ad3hck158r8c2zv9n', 'stub', 'Anna', NULL, NULL, '{}', '{"name": "Anna"}', '{"raw": "Anna"}', '01m8apfm8mrwc1c04t3seh4jg3', 0, '2026-11-26T01:10:54.996115+00:00', 4, 3, '{"cached": {"n": 1}}', '848bffbc260a905ad40888a4518f40ef');
INSERT INTO "responses" VALUES ('01m8apfnarxk7yzv6fkf3va89j', 'stub', 'the last one of all', NULL, NULL, '{}', 'answer to the last one of all', '{"raw": "the last one of all"}', '01m8apfnae4x0gmjt2eg8y28k0', 0, '2026-11-26T01:10:56.078697+00:00', 19, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apfppjtvfrn7b53c0ke64e', 'stub', 'with a second turn', NULL, NULL, '{}', 'answer to with a second turn', '{"raw": "with a second turn"}', '01m8apfnae4x0gmjt2eg8y28k0', 0, '2026-11-26T01:10:57.489555+00:00', 18, 3, '{"cached": {"n": 1}}', NULL);
CREATE VIRTUAL TABLE "responses_fts" USING FTS5 (
    "prompt", "response",
    content="responses"
);
INSERT INTO responses_fts (responses_fts) VALUES ('rebuild');
CREATE TRIGGER "responses_ai" AFTER INSERT ON "responses" BEGIN
  INSERT INTO "responses_fts" (rowid, "prompt", "response") VALUES (new.rowid, new."prompt", new."response");
END;
CREATE TRIGGER "responses_ad" AFTER DELETE ON "responses" BEGIN
  INSERT INTO "responses_fts" ("responses_fts", rowid, "prompt", "response") VALUES('delete', old.rowid, old."prompt", old."response");
END;
CREATE TRIGGER "responses_au" AFTER UPDATE ON "responses" BEGIN
  INSERT INTO "responses_fts" ("responses_fts", rowid, "prompt", "response") VALUES('delete', old.rowid, old."prompt", old."response");
  INSERT INTO "responses_fts" (rowid, "prompt", "response") VALUES (new.rowid, new."prompt", new."response");
END;
