-- case: construct/select-all
CREATE TABLE ec(a, b REAL, j TEXT);
INSERT INTO ec VALUES(1, 0.5, '[1,2]'), (2, 1.5, '{"a":3}'), (2, 2.5, 'null');
SELECT ALL a FROM ec;
SELECT a, max(b) FROM ec GROUP BY a ORDER BY a;
SELECT a, max(b), j FROM ec GROUP BY a ORDER BY a;
-- case: construct/mathematics-of-columns
CREATE TABLE em(a INTEGER PRIMARY KEY, x REAL, t TEXT);
INSERT INTO em VALUES(1, 0.5, '0.25'), (2, 1.0, 'x'), (3, NULL, NULL);
SELECT round(asinh(x), 9), round(tanh(x), 9), round(cosh(x), 9), round(atan(x), 9), round(acosh(x + 1), 9) FROM em ORDER BY a;
SELECT round(sinh(x), 9), round(atanh(x / 2), 9), round(tanh(t), 9) FROM em ORDER BY a;
SELECT asinh(0), cosh(0), tanh(0), atan(0), acosh(1);
-- case: construct/functions-about-sqlite
SELECT typeof(sqlite_compileoption_get(0)), sqlite_compileoption_get(100000), sqlite_compileoption_used('THREADSAFE');
SELECT subtype(json('[]')), subtype('[]');
-- case: pragma/settings-read
PRAGMA analysis_limit;
PRAGMA auto_vacuum;
PRAGMA automatic_index;
PRAGMA cache_spill;
PRAGMA cell_size_check;
PRAGMA checkpoint_fullfsync;
PRAGMA count_changes;
PRAGMA data_version;
PRAGMA default_cache_size;
PRAGMA empty_result_callbacks;
PRAGMA freelist_count;
PRAGMA full_column_names;
PRAGMA fullfsync;
PRAGMA ignore_check_constraints;
PRAGMA incremental_vacuum;
PRAGMA journal_size_limit;
PRAGMA legacy_alter_table;
PRAGMA locking_mode;
PRAGMA max_page_count;
PRAGMA mmap_size;
PRAGMA page_count;
PRAGMA page_size;
PRAGMA query_only;
PRAGMA read_uncommitted;
PRAGMA reverse_unordered_selects;
PRAGMA secure_delete;
PRAGMA short_column_names;
PRAGMA shrink_memory;
PRAGMA synchronous;
PRAGMA threads;
PRAGMA trusted_schema;
PRAGMA wal_autocheckpoint;
PRAGMA wal_checkpoint;
PRAGMA writable_schema;
PRAGMA optimize;
-- case: pragma/settings-set
PRAGMA analysis_limit = 100;
PRAGMA automatic_index = OFF;
PRAGMA automatic_index;
PRAGMA cache_spill = OFF;
PRAGMA cell_size_check = ON;
PRAGMA cell_size_check;
PRAGMA default_cache_size = 100;
PRAGMA default_cache_size;
PRAGMA journal_size_limit = 1000;
PRAGMA legacy_alter_table = ON;
PRAGMA legacy_alter_table;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA mmap_size = 1000;
PRAGMA read_uncommitted = ON;
PRAGMA read_uncommitted;
PRAGMA secure_delete = ON;
PRAGMA threads = 2;
PRAGMA trusted_schema = OFF;
PRAGMA trusted_schema;
PRAGMA wal_autocheckpoint = 7;
-- case: pragma/query-only
CREATE TABLE qo(a);
PRAGMA query_only = ON;
INSERT INTO qo VALUES(1);
CREATE TABLE qp(a);
DELETE FROM qo;
SELECT * FROM qo;
PRAGMA query_only;
PRAGMA query_only = OFF;
INSERT INTO qo VALUES(2);
SELECT * FROM qo;
-- case: pragma/ignore-check-constraints
CREATE TABLE icc(a CHECK(a > 0));
PRAGMA ignore_check_constraints = ON;
INSERT INTO icc VALUES(-1);
SELECT * FROM icc;
-- case: pragma/column-names
CREATE TABLE cn(a, b);
INSERT INTO cn VALUES(1,2);
PRAGMA short_column_names = OFF;
PRAGMA full_column_names = ON;
SELECT a, cn.b, * FROM cn;
SELECT x.a FROM cn AS x;
-- case: pragma/count-changes
CREATE TABLE cc(a);
PRAGMA count_changes = ON;
INSERT INTO cc VALUES(1),(2);
UPDATE cc SET a = 3;
-- case: pragma/reverse-unordered-selects
CREATE TABLE ru(a);
INSERT INTO ru VALUES(1),(2);
PRAGMA reverse_unordered_selects = ON;
SELECT group_concat(a) FROM ru;
SELECT a FROM ru LIMIT 1;
-- case: pragma/lists-of-the-library
SELECT count(*) > 50 FROM pragma_pragma_list;
SELECT count(*) > 100 FROM pragma_function_list;
SELECT count(*) > 0 FROM pragma_module_list WHERE name = 'json_each';
SELECT count(*) > 5 FROM pragma_compile_options;
CREATE TABLE tl(a);
PRAGMA table_list(tl);
-- case: pragma/heap-limits
PRAGMA soft_heap_limit;
PRAGMA hard_heap_limit;
-- case: pragma/temp-store-directory
PRAGMA temp_store_directory;
-- case: pragma/schema-version
PRAGMA schema_version;
-- case: trigger/temporary-on-a-permanent-table
CREATE TABLE tp(a);
CREATE TABLE log_tp(a);
CREATE TEMP TRIGGER tp_ins AFTER INSERT ON tp BEGIN INSERT INTO log_tp VALUES(NEW.a); END;
INSERT INTO tp VALUES(1);
SELECT * FROM log_tp;
-- case: ddl/other-virtual-tables
CREATE VIRTUAL TABLE tokens USING fts3tokenize;
-- case: construct/load-extension
SELECT load_extension('nothing');
