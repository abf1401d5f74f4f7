-- case: conflict/trigger-that-cannot-break-anything
CREATE TABLE pristine(checksum TEXT NOT NULL PRIMARY KEY, refcount INTEGER NOT NULL);
CREATE TABLE nodes(path TEXT PRIMARY KEY NOT NULL, checksum TEXT);
CREATE TABLE seen(path TEXT NOT NULL, note TEXT NOT NULL);
CREATE TRIGGER nodes_insert AFTER INSERT ON nodes WHEN NEW.checksum IS NOT NULL
BEGIN UPDATE pristine SET refcount = refcount + 1 WHERE checksum = NEW.checksum; END;
CREATE TRIGGER nodes_delete AFTER DELETE ON nodes WHEN OLD.checksum IS NOT NULL
BEGIN UPDATE pristine SET refcount = refcount - 1 WHERE checksum = OLD.checksum; END;
CREATE TRIGGER nodes_note AFTER INSERT ON nodes
BEGIN INSERT INTO seen VALUES(NEW.path, 'saw ' || NEW.path || coalesce(NEW.checksum, '?')); END;
INSERT INTO pristine VALUES('a', 0), ('b', 0);
INSERT OR REPLACE INTO nodes VALUES('x', 'a');
INSERT OR REPLACE INTO nodes VALUES('x', 'b');
INSERT OR IGNORE INTO nodes VALUES('x', 'a'), ('y', 'a'), ('z', NULL);
PRAGMA recursive_triggers = ON;
INSERT OR REPLACE INTO nodes VALUES('x', 'a');
UPDATE OR IGNORE nodes SET path = 'y' WHERE path = 'x';
SELECT * FROM pristine ORDER BY checksum;
SELECT * FROM nodes ORDER BY path;
SELECT * FROM seen ORDER BY rowid;
