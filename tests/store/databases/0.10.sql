CREATE TABLE "_llm_migrations" (
   "name" TEXT PRIMARY KEY,
   "applied_at" TEXT
);
INSERT INTO "_llm_migrations" VALUES ('m001_initial', '2026-11-26 01:10:38.788936');
INSERT INTO "_llm_migrations" VALUES ('m002_id_primary_key', '2026-11-26 01:10:38.824363');
INSERT INTO "_llm_migrations" VALUES ('m003_chat_id_foreign_key', '2026-11-26 01:10:38.877951');
INSERT INTO "_llm_migrations" VALUES ('m004_column_order', '2026-11-26 01:10:38.906950');
INSERT INTO "_llm_migrations" VALUES ('m004_drop_provider', '2026-11-26 01:10:38.934310');
INSERT INTO "_llm_migrations" VALUES ('m005_debug', '2026-11-26 01:10:38.986367');
INSERT INTO "_llm_migrations" VALUES ('m006_new_logs_table', '2026-11-26 01:10:39.078179');
INSERT INTO "_llm_migrations" VALUES ('m007_finish_logs_table', '2026-11-26 01:10:39.138384');
INSERT INTO "_llm_migrations" VALUES ('m008_reply_to_id_foreign_key', '2026-11-26 01:10:39.188592');
INSERT INTO "_llm_migrations" VALUES ('m008_fix_column_order_in_logs', '2026-11-26 01:10:39.203848');
INSERT INTO "_llm_migrations" VALUES ('m009_delete_logs_table_if_empty', '2026-11-26 01:10:39.229148');
INSERT INTO "_llm_migrations" VALUES ('m010_create_new_log_tables', '2026-11-26 01:10:39.278325');
INSERT INTO "_llm_migrations" VALUES ('m011_fts_for_responses', '2026-11-26 01:10:39.326418');
CREATE TABLE "conversations" (
   "id" TEXT PRIMARY KEY,
   "name" TEXT,
   "model" TEXT
);
INSERT INTO "conversations" VALUES ('01m8apf4zjjwafyc24c24yvn18', 'Ten names for a pelican', 'stub');
INSERT INTO "conversations" VALUES ('01m8apf7wj3p87dc2dhc40321a', 'the last one of all', 'stub');
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
INSERT INTO "responses" VALUES ('01m8apf50a3dydam9se6ermntv', 'stub', 'Ten names for a pelican', 'be brief', NULL, '{"temperature": 0.5}', 'answer to Ten names for a pelican', '{"raw": "Ten names for a pelican"}', '01m8apf4zjjwafyc24c24yvn18', 0, '2026-11-26T01:10:38.751234');
INSERT INTO "responses" VALUES ('01m8apf6kvkkdf9ny45mt0kmxf', 'stub', 'now for a whale', NULL, NULL, '{}', 'answer to now for a whale', '{"raw": "now for a whale"}', '01m8apf4zjjwafyc24c24yvn18', 2, '2026-11-26T01:10:41.016117');
INSERT INTO "responses" VALUES ('01m8apf7wtxk9rjk3tc7q8c8c5', 'stub', 'the last one of all', NULL, NULL, '{}', 'answer to the last one of all', '{"raw": "the last one of all"}', '01m8apf7wj3p87dc2dhc40321a', 0, '2026-11-26T01:10:42.318710');
INSERT INTO "responses" VALUES ('01m8apf8ywq5g48sxdwr0rfq6f', 'stub', 'with a second turn', NULL, NULL, '{}', 'answer to with a second turn', '{"raw": "with a second turn"}', '01m8apf7wj3p87dc2dhc40321a', 0, '2026-11-26T01:10:43.418860');
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
