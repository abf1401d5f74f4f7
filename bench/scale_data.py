"""The database of bench/at_scale: a shop with its users, orders, events and documents, in SQLite's words and in those that a person
would choose for PostgreSQL. Every value follows from its row's number, so both have the same rows."""

SCHEMA = '''
CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT NOT NULL COLLATE NOCASE UNIQUE, name TEXT NOT NULL COLLATE NOCASE, country TEXT, created_at TEXT NOT NULL, credit REAL DEFAULT 0, active BOOLEAN NOT NULL DEFAULT 1, manager_id INTEGER REFERENCES users(id));
CREATE INDEX users_name ON users(name);
CREATE INDEX users_country ON users(country, created_at);
CREATE INDEX users_manager ON users(manager_id);
CREATE TABLE products(sku TEXT PRIMARY KEY, title TEXT NOT NULL, category TEXT, price NUMERIC NOT NULL, stock INTEGER NOT NULL DEFAULT 0);
CREATE INDEX products_category ON products(category);
CREATE TABLE orders(id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE, status TEXT NOT NULL DEFAULT 'new', placed_at DATETIME NOT NULL, shipped_at DATETIME, total REAL, note TEXT);
CREATE INDEX orders_user ON orders(user_id);
CREATE INDEX orders_status ON orders(status, placed_at);
CREATE INDEX orders_placed ON orders(placed_at);
CREATE TABLE lines(order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE, line_no INTEGER NOT NULL, sku TEXT NOT NULL REFERENCES products(sku), quantity INTEGER NOT NULL, price REAL NOT NULL, PRIMARY KEY(order_id, line_no)) WITHOUT ROWID;
CREATE INDEX lines_sku ON lines(sku);
CREATE TABLE events(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind VARCHAR(20) NOT NULL, user_id INTEGER, value, body TEXT);
CREATE INDEX events_at ON events(at);
CREATE INDEX events_kind ON events(kind, at);
CREATE INDEX events_value ON events(value);
CREATE TABLE documents(id INTEGER PRIMARY KEY, title TEXT NOT NULL, meta TEXT NOT NULL, body TEXT, updated REAL);
CREATE INDEX documents_author ON documents(json_extract(meta, '$.author'));
CREATE TABLE tags(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE);
CREATE TABLE document_tags(document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE, tag_id INTEGER NOT NULL REFERENCES tags(id), PRIMARY KEY(document_id, tag_id));
CREATE INDEX document_tags_tag ON document_tags(tag_id);
CREATE TABLE settings(key TEXT PRIMARY KEY, value);
CREATE TABLE counters(name TEXT PRIMARY KEY, hits INTEGER NOT NULL DEFAULT 0, last TEXT);
CREATE TABLE audit(id INTEGER PRIMARY KEY, what TEXT NOT NULL, row_id INTEGER, old TEXT, new TEXT);
CREATE TABLE archive(id INTEGER PRIMARY KEY, user_id INTEGER, status TEXT, placed_at TEXT, total REAL);
CREATE VIEW order_sums AS SELECT o.id, o.user_id, u.name, o.status, count(l.line_no) AS lines, sum(l.quantity * l.price) AS amount FROM orders o JOIN users u ON u.id = o.user_id LEFT JOIN lines l ON l.order_id = o.id GROUP BY o.id;
'''

# Made when the tables are full.
LATER = '''
CREATE TRIGGER orders_status_changed AFTER UPDATE OF status ON orders WHEN old.status <> new.status BEGIN INSERT INTO audit(what, row_id, old, new) VALUES ('status', new.id, old.status, new.status); END;
CREATE TRIGGER documents_deleted AFTER DELETE ON documents BEGIN INSERT INTO audit(what, row_id, old) VALUES ('gone', old.id, old.title); END;
CREATE VIRTUAL TABLE search USING fts5(title, body);
INSERT INTO search(rowid, title, body) SELECT id, title, body FROM documents;
'''

# Rows of each table among a million.
SHARE = {'users': 50_000, 'products': 4_000, 'orders': 200_000, 'lines': 500_000, 'events': 150_000, 'documents': 20_000, 'tags': 200, 'document_tags': 60_000, 'settings': 500, 'counters': 5_000}

FILL = {
    'users': "i, 'User' || i || '@Example' || (i % 50) || '.org', CASE i % 3 WHEN 0 THEN 'Anna' WHEN 1 THEN 'bert' ELSE 'Carl' END || ' ' || (i * 7919 % 9973), substr('DEFRUSITESATCHPL', 1 + 2 * (i % 8), 2), "
             "datetime('2019-01-01', (i * 37) || ' minutes'), i % 1000 / 4.0, i % 10 <> 0, CASE WHEN i > 20 THEN i / 10 END",
    'products': "'SKU-' || (100000 + i), 'Product ' || i, 'category ' || (i % 40), CASE i % 2 WHEN 0 THEN i % 500 ELSE i % 500 + 0.99 END, i % 100",
    'orders': "i, 1 + i * 7907 % {users}, rtrim(substr('paid   shippednew    closed paid   closed closed ', 1 + 7 * (i % 7), 7)), datetime('2020-01-01', (i * 11) || ' minutes'), CASE WHEN i % 3 > 0 THEN datetime('2020-01-03', (i * 11) || ' minutes') END, "
              "i % 5000 / 8.0, CASE i % 10 WHEN 0 THEN 'note ' || i END",
    'lines': "1 + (i - 1) * 2 / 5, i % 5, 'SKU-' || (100001 + i * 6151 % {products}), 1 + i % 9, i % 400 / 4.0",
    'events': "i, 1577836800 + i * 401, rtrim(substr('login click searchlogouterror ', 1 + 6 * (i * 7 % 5), 6)), CASE WHEN i % 4 THEN 1 + i * 31 % {users} END, CASE i % 4 WHEN 0 THEN i WHEN 1 THEN 'text ' || i WHEN 2 THEN i / 8.0 END, 'event number ' || i",
    'documents': "i, 'Document ' || i, json_object('author', 'author ' || (i % 300), 'pages', i % 90, 'tags', json_array('t' || (i % 7), 't' || (i % 11)), 'price', json_object('net', i % 100 / 4.0, 'currency', 'EUR')), "
                 "'words about topic' || (i % 100) || ' and subject' || (i % 1000) || ' in paper ' || i, 2458849.5 + i / 16.0",
    'tags': "i, 'Tag' || i",
    'document_tags': "1 + i % {documents}, 1 + i / {documents} * 17 % 200 + i % 13",
    'settings': "'setting.' || i, CASE i % 3 WHEN 0 THEN i WHEN 1 THEN 'on' ELSE i / 4.0 END",
    'counters': "'counter' || i, i, NULL",
}


def sizes(rows): return {table: max(200, n * rows // 1_000_000) for table, n in SHARE.items()}


def fills(rows):
    """An INSERT for each table."""
    n = sizes(rows)
    for table, expressions in FILL.items():
        yield table, f'INSERT OR IGNORE INTO {table} WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < {n[table]}) SELECT {expressions.format(**n)} FROM g'


# What a person would make of it; the rows come from SQLite's file, the indexes behind them.
HAND = '''
CREATE SCHEMA hand; SET search_path = hand;
CREATE TABLE users(id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, email text NOT NULL, name text NOT NULL, country text, created_at timestamp NOT NULL, credit float8 DEFAULT 0, active boolean NOT NULL DEFAULT true, manager_id bigint REFERENCES users);
CREATE TABLE products(sku text PRIMARY KEY, title text NOT NULL, category text, price numeric NOT NULL, stock integer NOT NULL DEFAULT 0);
CREATE TABLE orders(id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE, status text NOT NULL DEFAULT 'new', placed_at timestamp NOT NULL, shipped_at timestamp, total float8, note text);
CREATE TABLE lines(order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE, line_no integer NOT NULL, sku text NOT NULL REFERENCES products, quantity integer NOT NULL, price float8 NOT NULL, PRIMARY KEY(order_id, line_no));
CREATE TABLE events(id bigint PRIMARY KEY, at bigint NOT NULL, kind varchar(20) NOT NULL, user_id bigint, value text, body text);
CREATE TABLE documents(id bigint PRIMARY KEY, title text NOT NULL, meta jsonb NOT NULL, body text, updated float8);
CREATE TABLE tags(id bigint PRIMARY KEY, name text NOT NULL); 
CREATE TABLE document_tags(document_id bigint NOT NULL REFERENCES documents ON DELETE CASCADE, tag_id bigint NOT NULL REFERENCES tags, PRIMARY KEY(document_id, tag_id));
CREATE TABLE settings(key text PRIMARY KEY, value text); 
CREATE TABLE counters(name text PRIMARY KEY, hits bigint NOT NULL DEFAULT 0, last text); 
CREATE TABLE audit(id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, what text NOT NULL, row_id bigint, old text, new text);
CREATE TABLE archive(id bigint PRIMARY KEY, user_id bigint, status text, placed_at timestamp, total float8);
'''

HAND_LATER = '''
CREATE UNIQUE INDEX ON users(lower(email));
CREATE INDEX ON users(lower(name) text_pattern_ops);
CREATE INDEX ON users(country, created_at);
CREATE INDEX ON users(manager_id);
CREATE INDEX ON products(category);
CREATE INDEX ON orders(user_id);
CREATE INDEX ON orders(status, placed_at);
CREATE INDEX ON orders(placed_at);
CREATE INDEX ON lines(sku);
CREATE INDEX ON events(at);
CREATE INDEX ON events(kind, at);
CREATE INDEX ON events(value);
CREATE INDEX ON documents((meta->>'author'));
CREATE UNIQUE INDEX ON tags(lower(name));
CREATE INDEX ON document_tags(tag_id);
SELECT setval('orders_id_seq', max(id)) FROM orders;
SELECT setval('users_id_seq', max(id)) FROM users;
CREATE VIEW order_sums AS SELECT o.id, o.user_id, u.name, o.status, count(l.line_no) AS lines, sum(l.quantity * l.price) AS amount FROM orders o JOIN users u ON u.id = o.user_id LEFT JOIN lines l ON l.order_id = o.id GROUP BY o.id, u.id;
CREATE FUNCTION status_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit(what, row_id, old, new) VALUES ('status', new.id, old.status, new.status); RETURN NULL; END $$;
CREATE TRIGGER orders_status_changed AFTER UPDATE OF status ON orders FOR EACH ROW WHEN (old.status <> new.status) EXECUTE FUNCTION status_changed();
CREATE FUNCTION document_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit(what, row_id, old) VALUES ('gone', old.id, old.title); RETURN NULL; END $$;
CREATE TRIGGER documents_deleted AFTER DELETE ON documents FOR EACH ROW EXECUTE FUNCTION document_gone();
'''


def copied(db):
    """psql's input that makes the tables of a person and copies into them what SQLite has."""
    yield HAND
    for table in SHARE:
        yield f'COPY {table} FROM STDIN;\n'
        for row in db.execute(f'SELECT * FROM {table}'): yield '\t'.join('\\N' if v is None else str(v).replace('\\', '\\\\') for v in row) + '\n'
        yield '\\.\n'
    yield HAND_LATER + 'ANALYZE;'
