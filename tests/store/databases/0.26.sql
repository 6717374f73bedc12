CREATE TABLE "_llm_migrations" (
   "name" TEXT PRIMARY KEY,
   "applied_at" TEXT
);
INSERT INTO "_llm_migrations" VALUES ('m001_initial', '2026-11-26 01:10:59.482397+00:00');
INSERT INTO "_llm_migrations" VALUES ('m002_id_primary_key', '2026-11-26 01:10:59.514563+00:00');
INSERT INTO "_llm_migrations" VALUES ('m003_chat_id_foreign_key', '2026-11-26 01:10:59.590511+00:00');
INSERT INTO "_llm_migrations" VALUES ('m004_column_order', '2026-11-26 01:10:59.634388+00:00');
INSERT INTO "_llm_migrations" VALUES ('m004_drop_provider', '2026-11-26 01:10:59.674379+00:00');
INSERT INTO "_llm_migrations" VALUES ('m005_debug', '2026-11-26 01:10:59.734441+00:00');
INSERT INTO "_llm_migrations" VALUES ('m006_new_logs_table', '2026-11-26 01:10:59.792474+00:00');
INSERT INTO "_llm_migrations" VALUES ('m007_finish_logs_table', '2026-11-26 01:10:59.827874+00:00');
INSERT INTO "_llm_migrations" VALUES ('m008_reply_to_id_foreign_key', '2026-11-26 01:10:59.834229+00:00');
INSERT INTO "_llm_migrations" VALUES ('m008_fix_column_order_in_logs', '2026-11-26 01:10:59.838631+00:00');
INSERT INTO "_llm_migrations" VALUES ('m009_delete_logs_table_if_empty', '2026-11-26 01:10:59.840514+00:00');
INSERT INTO "_llm_migrations" VALUES ('m010_create_new_log_tables', '2026-11-26 01:10:59.843653+00:00');
INSERT INTO "_llm_migrations" VALUES ('m011_fts_for_responses', '2026-11-26 01:10:59.849172+00:00');
INSERT INTO "_llm_migrations" VALUES ('m012_attachments_tables', '2026-11-26 01:10:59.852592+00:00');
INSERT INTO "_llm_migrations" VALUES ('m013_usage', '2026-11-26 01:10:59.857178+00:00');
INSERT INTO "_llm_migrations" VALUES ('m014_schemas', '2026-11-26 01:10:59.950384+00:00');
INSERT INTO "_llm_migrations" VALUES ('m015_fragments_tables', '2026-11-26 01:11:00.031395+00:00');
INSERT INTO "_llm_migrations" VALUES ('m016_fragments_table_pks', '2026-11-26 01:11:00.070333+00:00');
INSERT INTO "_llm_migrations" VALUES ('m017_tools_tables', '2026-11-26 01:11:00.143572+00:00');
INSERT INTO "_llm_migrations" VALUES ('m017_tools_plugin', '2026-11-26 01:11:00.202911+00:00');
INSERT INTO "_llm_migrations" VALUES ('m018_tool_instances', '2026-11-26 01:11:00.303771+00:00');
CREATE TABLE "conversations" (
   "id" TEXT PRIMARY KEY,
   "name" TEXT,
   "model" TEXT
);
INSERT INTO "conversations" VALUES ('01m8apfsf1b0jzaq2pakbsywc3', 'Ten names for a pelican', 'stub');
INSERT INTO "conversations" VALUES ('01m8apfwfxhng5pvz267d7d4yb', 'a picture', 'stub');
INSERT INTO "conversations" VALUES ('01m8apfy16xf81ffnt9ekv6k5a', 'Anna', 'stub');
INSERT INTO "conversations" VALUES ('01m8apfzdr0pazanq9xj92d7gj', 'The first text The second text …', 'stub');
INSERT INTO "conversations" VALUES ('01m8apg0zye5pf7sbe3vkj2k52', 'loud please', 'stub');
INSERT INTO "conversations" VALUES ('01m8apg40bgqwmpdb0azqz3jk0', 'look there', 'stub');
INSERT INTO "conversations" VALUES ('01m8apg5d9gx3kh8pwzdtth4ce', 'the last one of all', 'stub');
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
INSERT INTO "prompt_attachments" VALUES ('01m8apfwfvg6je7f2d1m8sv1cy', 'f731c2528f4184b386555de339aeb78f1f0908532be04e6bfe1ec790f5f50da9', 0);
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
INSERT INTO "responses" VALUES ('01m8apfsf1b0jzaq2pakbsywc2', 'stub', 'Ten names for a pelican', 'be brief', NULL, '{"temperature": 0.5}', 'answer to Ten names for a pelican', '{"raw": "Ten names for a pelican"}', '01m8apfsf1b0jzaq2pakbsywc3', 0, '2026-11-26T01:11:00.321597+00:00', 23, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apftzzrzr7w3e406j72dhp', 'stub', 'now for a whale', NULL, NULL, '{}', 'answer to now for a whale', '{"raw": "now for a whale"}', '01m8apfsf1b0jzaq2pakbsywc3', 0, '2026-11-26T01:11:01.887245+00:00', 15, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apfwfvg6je7f2d1m8sv1cy', 'stub', 'a picture', NULL, NULL, '{}', 'answer to a picture', '{"raw": "a picture"}', '01m8apfwfxhng5pvz267d7d4yb', 1, '2026-11-26T01:11:03.419776+00:00', 9, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apfy11s1rj8e7dqahnj9ev', 'stub', 'Anna', NULL, NULL, '{}', '{"name": "Anna"}', '{"raw": "Anna"}', '01m8apfy16xf81ffnt9ekv6k5a', 4, '2026-11-26T01:11:04.994040+00:00', 4, 3, '{"cached": {"n": 1}}', '848bffbc260a905ad40888a4518f40ef');
INSERT INTO "responses" VALUES ('01m8apfzdm7zyknng44d9j3qa7', 'stub', 'summarise', NULL, NULL, '{}', 'answer to The first text
The second text
summarise', '{"raw": {"$r": [{"$": "f1"}, "\n", {"$": "f2"}, "\nsummarise"]}}', '01m8apfzdr0pazanq9xj92d7gj', 3, '2026-11-26T01:11:06.420253+00:00', 40, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apg101v2crvhnrw63r99tr', 'stub', 'loud please', NULL, NULL, '{}', 'answer to loud please', '{"raw": "loud please"}', '01m8apg0zye5pf7sbe3vkj2k52', 3, '2026-11-26T01:11:08.033703+00:00', 11, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apg104erf8thd5bqcs8hfh', 'stub', '', NULL, NULL, '{}', 'answer to ', '{"raw": ""}', '01m8apg0zye5pf7sbe3vkj2k52', 0, '2026-11-26T01:11:08.036920+00:00', 0, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apg2dgqemz8srxw01rr30b', 'stub', 'and again', NULL, NULL, '{}', 'answer to and again', '{"raw": "and again"}', '01m8apg0zye5pf7sbe3vkj2k52', 0, '2026-11-26T01:11:09.488800+00:00', 9, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apg2dhvcaeqk8q13v9dwta', 'stub', '', NULL, NULL, '{}', 'answer to ', '{"raw": ""}', '01m8apg0zye5pf7sbe3vkj2k52', 0, '2026-11-26T01:11:09.489564+00:00', 0, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apg40r36nd8ds15e0p9eya', 'stub', 'look there', NULL, NULL, '{}', 'answer to look there', '{"raw": "look there"}', '01m8apg40bgqwmpdb0azqz3jk0', 0, '2026-11-26T01:11:11.128450+00:00', 10, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apg40r36nd8ds15e0p9eyb', 'stub', '', NULL, NULL, '{}', 'answer to ', '{"raw": ""}', '01m8apg40bgqwmpdb0azqz3jk0', 0, '2026-11-26T01:11:11.128628+00:00', 0, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apg5d9gx3kh8pwzdtth4cd', 'stub', 'the last one of all', NULL, NULL, '{}', 'answer to the last one of all', '{"raw": "the last one of all"}', '01m8apg5d9gx3kh8pwzdtth4ce', 0, '2026-11-26T01:11:12.553296+00:00', 19, 3, '{"cached": {"n": 1}}', NULL);
INSERT INTO "responses" VALUES ('01m8apg6kcacfc74g72wb3yzyd', 'stub', 'with a second turn', NULL, NULL, '{}', 'answer to with a second turn', '{"raw": "with a second turn"}', '01m8apg5d9gx3kh8pwzdtth4ce', 0, '2026-11-26T01:11:13.772522+00:00', 18, 3, '{"cached": {"n": 1}}', NULL);
CREATE TABLE "fragments" (
   "id" INTEGER PRIMARY KEY,
   "hash" TEXT,
   "content" TEXT,
   "datetime_utc" TEXT,
   "source" TEXT
);
INSERT INTO "fragments" VALUES (1, '8f0ddf73f46af4eab95c33ed09e05d23ff70ab52bf1e9ac769249f72ccca4d7b', 'The first text', '2026-11-26 01:11:06', '/data/first.txt');
INSERT INTO "fragments" VALUES (2, 'aedd7faab2ed365f4584690157abbc4d12b7d04cda0117e006a3da093e926ed2', 'The second text', '2026-11-26 01:11:06', '/data/second.txt');
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
INSERT INTO "prompt_fragments" VALUES ('01m8apfzdm7zyknng44d9j3qa7', 1, 0);
INSERT INTO "prompt_fragments" VALUES ('01m8apfzdm7zyknng44d9j3qa7', 2, 1);
CREATE TABLE "system_fragments" (
   "response_id" TEXT REFERENCES "responses"("id"),
   "fragment_id" INTEGER REFERENCES "fragments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("response_id", "fragment_id", "order")
);
INSERT INTO "system_fragments" VALUES ('01m8apfzdm7zyknng44d9j3qa7', 2, 0);
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
INSERT INTO "tool_responses" VALUES (1, '01m8apg101v2crvhnrw63r99tr');
INSERT INTO "tool_responses" VALUES (2, '01m8apg101v2crvhnrw63r99tr');
INSERT INTO "tool_responses" VALUES (1, '01m8apg104erf8thd5bqcs8hfh');
INSERT INTO "tool_responses" VALUES (2, '01m8apg104erf8thd5bqcs8hfh');
INSERT INTO "tool_responses" VALUES (1, '01m8apg2dgqemz8srxw01rr30b');
INSERT INTO "tool_responses" VALUES (2, '01m8apg2dgqemz8srxw01rr30b');
INSERT INTO "tool_responses" VALUES (1, '01m8apg2dhvcaeqk8q13v9dwta');
INSERT INTO "tool_responses" VALUES (2, '01m8apg2dhvcaeqk8q13v9dwta');
INSERT INTO "tool_responses" VALUES (3, '01m8apg40r36nd8ds15e0p9eya');
INSERT INTO "tool_responses" VALUES (3, '01m8apg40r36nd8ds15e0p9eyb');
CREATE TABLE "tool_calls" (
   "id" INTEGER PRIMARY KEY,
   "response_id" TEXT REFERENCES "responses"("id"),
   "tool_id" INTEGER REFERENCES "tools"("id"),
   "name" TEXT,
   "arguments" TEXT,
   "tool_call_id" TEXT
);
INSERT INTO "tool_calls" VALUES (1, '01m8apg101v2crvhnrw63r99tr', 1, 'shout', '{"text": "hi"}', 'call-0');
INSERT INTO "tool_calls" VALUES (2, '01m8apg101v2crvhnrw63r99tr', 2, 'fail', '{"text": "hi"}', 'call-1');
INSERT INTO "tool_calls" VALUES (3, '01m8apg2dgqemz8srxw01rr30b', 1, 'shout', '{"text": "hi"}', 'call-0');
INSERT INTO "tool_calls" VALUES (4, '01m8apg2dgqemz8srxw01rr30b', 2, 'fail', '{"text": "hi"}', 'call-1');
INSERT INTO "tool_calls" VALUES (5, '01m8apg40r36nd8ds15e0p9eya', 3, 'Box_look', '{"text": "hi"}', 'call-0');
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
);
INSERT INTO "tool_results" VALUES (1, '01m8apg104erf8thd5bqcs8hfh', 1, 'shout', 'HI', 'call-0', NULL);
INSERT INTO "tool_results" VALUES (2, '01m8apg104erf8thd5bqcs8hfh', 2, 'fail', 'Error: no luck', 'call-1', NULL);
INSERT INTO "tool_results" VALUES (3, '01m8apg2dhvcaeqk8q13v9dwta', 1, 'shout', 'HI', 'call-0', NULL);
INSERT INTO "tool_results" VALUES (4, '01m8apg2dhvcaeqk8q13v9dwta', 2, 'fail', 'Error: no luck', 'call-1', NULL);
INSERT INTO "tool_results" VALUES (5, '01m8apg40r36nd8ds15e0p9eyb', 3, 'Box_look', '/root/hi', 'call-0', 1);
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
