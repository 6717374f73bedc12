CREATE TABLE "_llm_migrations" (
   "name" TEXT PRIMARY KEY,
   "applied_at" TEXT
);
INSERT INTO "_llm_migrations" VALUES ('m001_initial', '2026-11-26 01:10:45.081655');
INSERT INTO "_llm_migrations" VALUES ('m002_id_primary_key', '2026-11-26 01:10:45.090402');
INSERT INTO "_llm_migrations" VALUES ('m003_chat_id_foreign_key', '2026-11-26 01:10:45.126066');
INSERT INTO "_llm_migrations" VALUES ('m004_column_order', '2026-11-26 01:10:45.134401');
INSERT INTO "_llm_migrations" VALUES ('m004_drop_provider', '2026-11-26 01:10:45.144425');
INSERT INTO "_llm_migrations" VALUES ('m005_debug', '2026-11-26 01:10:45.148405');
INSERT INTO "_llm_migrations" VALUES ('m006_new_logs_table', '2026-11-26 01:10:45.162047');
INSERT INTO "_llm_migrations" VALUES ('m007_finish_logs_table', '2026-11-26 01:10:45.181260');
INSERT INTO "_llm_migrations" VALUES ('m008_reply_to_id_foreign_key', '2026-11-26 01:10:45.197047');
INSERT INTO "_llm_migrations" VALUES ('m008_fix_column_order_in_logs', '2026-11-26 01:10:45.206391');
INSERT INTO "_llm_migrations" VALUES ('m009_delete_logs_table_if_empty', '2026-11-26 01:10:45.220430');
INSERT INTO "_llm_migrations" VALUES ('m010_create_new_log_tables', '2026-11-26 01:10:45.226994');
INSERT INTO "_llm_migrations" VALUES ('m011_fts_for_responses', '2026-11-26 01:10:45.253236');
INSERT INTO "_llm_migrations" VALUES ('m012_attachments_tables', '2026-11-26 01:10:45.265724');
CREATE TABLE "conversations" (
   "id" TEXT PRIMARY KEY,
   "name" TEXT,
   "model" TEXT
);
INSERT INTO "conversations" VALUES ('01m8apfarkd6pvbds0ar5pryfv', 'Ten names for a pelican', 'stub');
INSERT INTO "conversations" VALUES ('01m8apfcjqap8k0es0zt69ts6f', 'a picture', 'stub');
INSERT INTO "conversations" VALUES ('01m8apfdr14d1hh8w8yn85mx4b', 'the last one of all', 'stub');
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
   "datetime_utc" TEXT
);
INSERT INTO "responses" VALUES ('01m8apfarpy7k0d2qqfwt2m8py', 'stub', 'Ten names for a pelican', 'be brief', NULL, '{"temperature": 0.5}', 'answer to Ten names for a pelican', '{"raw": "Ten names for a pelican"}', '01m8apfarkd6pvbds0ar5pryfv', 0, '2026-11-26T01:10:45.067321');
INSERT INTO "responses" VALUES ('01m8apfbkht23jex16qcq4a555', 'stub', 'now for a whale', NULL, NULL, '{}', 'answer to now for a whale', '{"raw": "now for a whale"}', '01m8apfarkd6pvbds0ar5pryfv', 2, '2026-11-26T01:10:46.126017');
INSERT INTO "responses" VALUES ('01m8apfcjs5w9g48s7m3vg8zdg', 'stub', 'a picture', NULL, NULL, '{}', 'answer to a picture', '{"raw": "a picture"}', '01m8apfcjqap8k0es0zt69ts6f', 0, '2026-11-26T01:10:47.123953');
INSERT INTO "responses" VALUES ('01m8apfdr3119nzddrq9qc04dv', 'stub', 'the last one of all', NULL, NULL, '{}', 'answer to the last one of all', '{"raw": "the last one of all"}', '01m8apfdr14d1hh8w8yn85mx4b', 0, '2026-11-26T01:10:48.319327');
INSERT INTO "responses" VALUES ('01m8apfezrt4t2npr7ea4m0s3r', 'stub', 'with a second turn', NULL, NULL, '{}', 'answer to with a second turn', '{"raw": "with a second turn"}', '01m8apfdr14d1hh8w8yn85mx4b', 0, '2026-11-26T01:10:49.591242');
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
INSERT INTO "prompt_attachments" VALUES ('01m8apfcjs5w9g48s7m3vg8zdg', 'f731c2528f4184b386555de339aeb78f1f0908532be04e6bfe1ec790f5f50da9', 0);
