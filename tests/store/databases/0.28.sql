CREATE TABLE "_llm_migrations" (
   "name" TEXT PRIMARY KEY,
   "applied_at" TEXT
);
INSERT INTO "_llm_migrations" VALUES ('m001_initial', '2026-11-26 01:11:15.235517+00:00');
INSERT INTO "_llm_migrations" VALUES ('m002_id_primary_key', '2026-11-26 01:11:15.252138+00:00');
INSERT INTO "_llm_migrations" VALUES ('m003_chat_id_foreign_key', '2026-11-26 01:11:15.270532+00:00');
INSERT INTO "_llm_migrations" VALUES ('m004_column_order', '2026-11-26 01:11:15.291900+00:00');
INSERT INTO "_llm_migrations" VALUES ('m004_drop_provider', '2026-11-26 01:11:15.300463+00:00');
INSERT INTO "_llm_migrations" VALUES ('m005_debug', '2026-11-26 01:11:15.305456+00:00');
INSERT INTO "_llm_migrations" VALUES ('m006_new_logs_table', '2026-11-26 01:11:15.331726+00:00');
INSERT INTO "_llm_migrations" VALUES ('m007_finish_logs_table', '2026-11-26 01:11:15.355112+00:00');
INSERT INTO "_llm_migrations" VALUES ('m008_reply_to_id_foreign_key', '2026-11-26 01:11:15.387180+00:00');
INSERT INTO "_llm_migrations" VALUES ('m008_fix_column_order_in_logs', '2026-11-26 01:11:15.396239+00:00');
INSERT INTO "_llm_migrations" VALUES ('m009_delete_logs_table_if_empty', '2026-11-26 01:11:15.409866+00:00');
INSERT INTO "_llm_migrations" VALUES ('m010_create_new_log_tables', '2026-11-26 01:11:15.431522+00:00');
INSERT INTO "_llm_migrations" VALUES ('m011_fts_for_responses', '2026-11-26 01:11:15.449812+00:00');
INSERT INTO "_llm_migrations" VALUES ('m012_attachments_tables', '2026-11-26 01:11:15.462616+00:00');
INSERT INTO "_llm_migrations" VALUES ('m013_usage', '2026-11-26 01:11:15.476687+00:00');
INSERT INTO "_llm_migrations" VALUES ('m014_schemas', '2026-11-26 01:11:15.512177+00:00');
INSERT INTO "_llm_migrations" VALUES ('m015_fragments_tables', '2026-11-26 01:11:15.539778+00:00');
INSERT INTO "_llm_migrations" VALUES ('m016_fragments_table_pks', '2026-11-26 01:11:15.563224+00:00');
INSERT INTO "_llm_migrations" VALUES ('m017_tools_tables', '2026-11-26 01:11:15.597924+00:00');
INSERT INTO "_llm_migrations" VALUES ('m017_tools_plugin', '2026-11-26 01:11:15.610317+00:00');
INSERT INTO "_llm_migrations" VALUES ('m018_tool_instances', '2026-11-26 01:11:15.651421+00:00');
INSERT INTO "_llm_migrations" VALUES ('m019_resolved_model', '2026-11-26 01:11:15.655354+00:00');
INSERT INTO "_llm_migrations" VALUES ('m020_tool_results_attachments', '2026-11-26 01:11:15.660085+00:00');
INSERT INTO "_llm_migrations" VALUES ('m021_tool_results_exception', '2026-11-26 01:11:15.676171+00:00');
CREATE TABLE "conversations" (
   "id" TEXT PRIMARY KEY,
   "name" TEXT,
   "model" TEXT
);
INSERT INTO "conversations" VALUES ('01m8apg8fd09tasdg5xeyr518d', 'Ten names for a pelican', 'stub');
INSERT INTO "conversations" VALUES ('01m8apg9zdfwvqqpnd3zq8tch7', 'a picture', 'stub');
INSERT INTO "conversations" VALUES ('01m8apgaw58tkztttxfg80gvza', 'Anna', 'stub');
INSERT INTO "conversations" VALUES ('01m8apgbwkv0hbr74hbt0162bm', 'The first text The second text …', 'stub');
INSERT INTO "conversations" VALUES ('01m8apgcst29g6kk8gh6jqmtv7', 'loud please', 'stub');
INSERT INTO "conversations" VALUES ('01m8apget51vxtrwdsprh68p3g', 'look there', 'stub');
INSERT INTO "conversations" VALUES ('01m8apgfpg84642q63wnp1zwyj', 'the last one of all', 'stub');
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
INSERT INTO "prompt_attachments" VALUES ('01m8apg9zdfwvqqpnd3zq8tch6', 'f731c2528f4184b386555de339aeb78f1f0908532be04e6bfe1ec790f5f50da9', 0);
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
, "resolved_model" TEXT);
INSERT INTO "responses" VALUES ('01m8apg8fd09tasdg5xeyr518c', 'stub', 'Ten names for a pelican', 'be brief', NULL, '{"temperature": 0.5}', 'answer to Ten names for a pelican', '{"raw": "Ten names for a pelican"}', '01m8apg8fd09tasdg5xeyr518d', 0, '2026-11-26T01:11:15.693564+00:00', 23, 3, '{"cached": {"n": 1}}', NULL, NULL);
INSERT INTO "responses" VALUES ('01m8apg95wsn9nn4tjjhgpq8s9', 'stub', 'now for a whale', NULL, NULL, '{}', 'answer to now for a whale', '{"raw": "now for a whale"}', '01m8apg8fd09tasdg5xeyr518d', 0, '2026-11-26T01:11:16.412596+00:00', 15, 3, '{"cached": {"n": 1}}', NULL, NULL);
INSERT INTO "responses" VALUES ('01m8apg9zdfwvqqpnd3zq8tch6', 'stub', 'a picture', NULL, NULL, '{}', 'answer to a picture', '{"raw": "a picture"}', '01m8apg9zdfwvqqpnd3zq8tch7', 0, '2026-11-26T01:11:17.229765+00:00', 9, 3, '{"cached": {"n": 1}}', NULL, NULL);
INSERT INTO "responses" VALUES ('01m8apgaw58tkztttxfg80gvz9', 'stub', 'Anna', NULL, NULL, '{}', '{"name": "Anna"}', '{"raw": "Anna"}', '01m8apgaw58tkztttxfg80gvza', 0, '2026-11-26T01:11:18.149400+00:00', 4, 3, '{"cached": {"n": 1}}', '848bffbc260a905ad40888a4518f40ef', NULL);
INSERT INTO "responses" VALUES ('01m8apgbwkv0hbr74hbt0162bk', 'stub', 'summarise', NULL, NULL, '{}', 'answer to The first text
The second text
summarise', '{"raw": {"$r": [{"$": "f1"}, "\n", {"$": "f2"}, "\nsummarise"]}}', '01m8apgbwkv0hbr74hbt0162bm', 0, '2026-11-26T01:11:19.187460+00:00', 40, 3, '{"cached": {"n": 1}}', NULL, NULL);
INSERT INTO "responses" VALUES ('01m8apgcsxggaczjmycqb9cgz0', 'stub', 'loud please', NULL, NULL, '{}', 'answer to loud please', '{"raw": "loud please"}', '01m8apgcst29g6kk8gh6jqmtv7', 0, '2026-11-26T01:11:20.125436+00:00', 11, 3, '{"cached": {"n": 1}}', NULL, NULL);
INSERT INTO "responses" VALUES ('01m8apgcsxggaczjmycqb9cgz1', 'stub', '', NULL, NULL, '{}', 'answer to ', '{"raw": ""}', '01m8apgcst29g6kk8gh6jqmtv7', 0, '2026-11-26T01:11:20.125622+00:00', 0, 3, '{"cached": {"n": 1}}', NULL, NULL);
INSERT INTO "responses" VALUES ('01m8apgdtd2sa2wnhjkjvsxpm8', 'stub', 'and again', NULL, NULL, '{}', 'answer to and again', '{"raw": "and again"}', '01m8apgcst29g6kk8gh6jqmtv7', 0, '2026-11-26T01:11:21.165604+00:00', 9, 3, '{"cached": {"n": 1}}', NULL, NULL);
INSERT INTO "responses" VALUES ('01m8apgdtd2sa2wnhjkjvsxpm9', 'stub', '', NULL, NULL, '{}', 'answer to ', '{"raw": ""}', '01m8apgcst29g6kk8gh6jqmtv7', 0, '2026-11-26T01:11:21.165733+00:00', 0, 3, '{"cached": {"n": 1}}', NULL, NULL);
INSERT INTO "responses" VALUES ('01m8apget9dgqksq9eaqdc758w', 'stub', 'look there', NULL, NULL, '{}', 'answer to look there', '{"raw": "look there"}', '01m8apget51vxtrwdsprh68p3g', 0, '2026-11-26T01:11:22.185353+00:00', 10, 3, '{"cached": {"n": 1}}', NULL, NULL);
INSERT INTO "responses" VALUES ('01m8apget9dgqksq9eaqdc758x', 'stub', '', NULL, NULL, '{}', 'answer to ', '{"raw": ""}', '01m8apget51vxtrwdsprh68p3g', 0, '2026-11-26T01:11:22.185548+00:00', 0, 3, '{"cached": {"n": 1}}', NULL, NULL);
INSERT INTO "responses" VALUES ('01m8apgfpg84642q63wnp1zwyh', 'stub', 'the last one of all', NULL, NULL, '{}', 'answer to the last one of all', '{"raw": "the last one of all"}', '01m8apgfpg84642q63wnp1zwyj', 0, '2026-11-26T01:11:23.088681+00:00', 19, 3, '{"cached": {"n": 1}}', NULL, NULL);
INSERT INTO "responses" VALUES ('01m8apggjcz9a2dmsp27c3vv51', 'stub', 'with a second turn', NULL, NULL, '{}', 'answer to with a second turn', '{"raw": "with a second turn"}', '01m8apgfpg84642q63wnp1zwyj', 0, '2026-11-26T01:11:23.980359+00:00', 18, 3, '{"cached": {"n": 1}}', NULL, NULL);
CREATE TABLE "fragments" (
   "id" INTEGER PRIMARY KEY,
   "hash" TEXT,
   "content" TEXT,
   "datetime_utc" TEXT,
   "source" TEXT
);
INSERT INTO "fragments" VALUES (1, '8f0ddf73f46af4eab95c33ed09e05d23ff70ab52bf1e9ac769249f72ccca4d7b', 'The first text', '2026-11-26 01:11:19', '/data/first.txt');
INSERT INTO "fragments" VALUES (2, 'aedd7faab2ed365f4584690157abbc4d12b7d04cda0117e006a3da093e926ed2', 'The second text', '2026-11-26 01:11:19', '/data/second.txt');
CREATE TABLE "fragment_aliases" (
   "alias" TEXT PRIMARY KEY,
   "fragment_id" INTEGER REFERENCES "fragments"("id")
);
CREATE TABLE "prompt_fragments" (
   "response_id" TEXT REFERENCES "responses"("id"),
   "fragment_id" INTEGER REFERENCES "fragments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("response_id", "fragment_id", "order")
);
INSERT INTO "prompt_fragments" VALUES ('01m8apgbwkv0hbr74hbt0162bk', 1, 0);
INSERT INTO "prompt_fragments" VALUES ('01m8apgbwkv0hbr74hbt0162bk', 2, 1);
CREATE TABLE "system_fragments" (
   "response_id" TEXT REFERENCES "responses"("id"),
   "fragment_id" INTEGER REFERENCES "fragments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("response_id", "fragment_id", "order")
);
INSERT INTO "system_fragments" VALUES ('01m8apgbwkv0hbr74hbt0162bk', 2, 0);
CREATE TABLE "tools" (
   "id" INTEGER PRIMARY KEY,
   "hash" TEXT,
   "name" TEXT,
   "description" TEXT,
   "input_schema" TEXT
, "plugin" TEXT);
INSERT INTO "tools" VALUES (1, 'ee592c3ce8030adbb6ce3e37e97094cb40f6dd7dd08503c55c4676840321e08c', 'shout', 'Make it loud', '{"properties": {"text": {"type": "string"}}, "required": ["text"], "type": "object"}', 'stub');
INSERT INTO "tools" VALUES (2, 'a4c141c8a783153fb7be0790746e96d71226a4e4cd32b9740a28a633f837babe', 'fail', 'Never works', '{"properties": {"text": {"type": "string"}}, "required": ["text"], "type": "object"}', 'stub');
INSERT INTO "tools" VALUES (3, '38dd3fc92ca6e436ee1f182ab9aacdd3e4020ec55a7e8f257121b7f0865056f8', 'Box_look', 'Look at it', '{"properties": {"text": {"type": "string"}}, "required": ["text"], "type": "object"}', 'stub');
CREATE TABLE "tool_responses" (
   "tool_id" INTEGER REFERENCES "tools"("id"),
   "response_id" TEXT REFERENCES "responses"("id"),
   PRIMARY KEY ("tool_id", "response_id")
);
INSERT INTO "tool_responses" VALUES (1, '01m8apgcsxggaczjmycqb9cgz0');
INSERT INTO "tool_responses" VALUES (2, '01m8apgcsxggaczjmycqb9cgz0');
INSERT INTO "tool_responses" VALUES (1, '01m8apgcsxggaczjmycqb9cgz1');
INSERT INTO "tool_responses" VALUES (2, '01m8apgcsxggaczjmycqb9cgz1');
INSERT INTO "tool_responses" VALUES (1, '01m8apgdtd2sa2wnhjkjvsxpm8');
INSERT INTO "tool_responses" VALUES (2, '01m8apgdtd2sa2wnhjkjvsxpm8');
INSERT INTO "tool_responses" VALUES (1, '01m8apgdtd2sa2wnhjkjvsxpm9');
INSERT INTO "tool_responses" VALUES (2, '01m8apgdtd2sa2wnhjkjvsxpm9');
INSERT INTO "tool_responses" VALUES (3, '01m8apget9dgqksq9eaqdc758w');
INSERT INTO "tool_responses" VALUES (3, '01m8apget9dgqksq9eaqdc758x');
CREATE TABLE "tool_calls" (
   "id" INTEGER PRIMARY KEY,
   "response_id" TEXT REFERENCES "responses"("id"),
   "tool_id" INTEGER REFERENCES "tools"("id"),
   "name" TEXT,
   "arguments" TEXT,
   "tool_call_id" TEXT
);
INSERT INTO "tool_calls" VALUES (1, '01m8apgcsxggaczjmycqb9cgz0', 1, 'shout', '{"text": "hi"}', 'call-0');
INSERT INTO "tool_calls" VALUES (2, '01m8apgcsxggaczjmycqb9cgz0', 2, 'fail', '{"text": "hi"}', 'call-1');
INSERT INTO "tool_calls" VALUES (3, '01m8apgdtd2sa2wnhjkjvsxpm8', 1, 'shout', '{"text": "hi"}', 'call-0');
INSERT INTO "tool_calls" VALUES (4, '01m8apgdtd2sa2wnhjkjvsxpm8', 2, 'fail', '{"text": "hi"}', 'call-1');
INSERT INTO "tool_calls" VALUES (5, '01m8apget9dgqksq9eaqdc758w', 3, 'Box_look', '{"text": "hi"}', 'call-0');
CREATE TABLE "tool_instances" (
   "id" INTEGER PRIMARY KEY,
   "plugin" TEXT,
   "name" TEXT,
   "arguments" TEXT
);
INSERT INTO "tool_instances" VALUES (1, 'stub', 'Box', '{"root": "/root/"}');
CREATE TABLE "tool_results" (
   "id" INTEGER PRIMARY KEY,
   "response_id" TEXT REFERENCES "responses"("id"),
   "tool_id" INTEGER REFERENCES "tools"("id"),
   "name" TEXT,
   "output" TEXT,
   "tool_call_id" TEXT,
   "instance_id" INTEGER REFERENCES "tool_instances"("id")
, "exception" TEXT);
INSERT INTO "tool_results" VALUES (1, '01m8apgcsxggaczjmycqb9cgz1', 1, 'shout', 'HI', 'call-0', NULL, NULL);
INSERT INTO "tool_results" VALUES (2, '01m8apgcsxggaczjmycqb9cgz1', 2, 'fail', 'Error: no luck', 'call-1', NULL, 'ValueError: no luck');
INSERT INTO "tool_results" VALUES (3, '01m8apgdtd2sa2wnhjkjvsxpm9', 1, 'shout', 'HI', 'call-0', NULL, NULL);
INSERT INTO "tool_results" VALUES (4, '01m8apgdtd2sa2wnhjkjvsxpm9', 2, 'fail', 'Error: no luck', 'call-1', NULL, 'ValueError: no luck');
INSERT INTO "tool_results" VALUES (5, '01m8apget9dgqksq9eaqdc758x', 3, 'Box_look', '/root/hi', 'call-0', 1, NULL);
CREATE UNIQUE INDEX "idx_fragments_hash"
    ON "fragments" ("hash");
CREATE UNIQUE INDEX "idx_tools_hash"
    ON "tools" ("hash");
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
CREATE TABLE "tool_results_attachments" (
   "tool_result_id" INTEGER REFERENCES "tool_results"("id"),
   "attachment_id" TEXT REFERENCES "attachments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("tool_result_id", "attachment_id")
);
