// node's pg: text parameters, named statements, pools, errors, transactions, cursors. And postgres.js, which describes
// each statement before it binds.
const assert = require("node:assert");
const { Client, Pool } = require("pg");
const Cursor = require("pg-cursor");
const postgres = require("postgres");

async function main() {
  const client = new Client();
  await client.connect();
  const query = (text, values) => client.query(text, values);
  await query("DROP TABLE IF EXISTS t");
  await query("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, r REAL, b BLOB)");
  const inserted = await query("INSERT INTO t VALUES ($1, $2, $3, $4)", [1, "ä", 1.5, Buffer.from([0, 255])]);
  assert.strictEqual(inserted.rowCount, 1);
  const { rows } = await query("SELECT * FROM t WHERE id = $1", [1]);
  assert.deepStrictEqual(rows, [{ id: "1", name: "ä", r: 1.5, b: Buffer.from([0, 255]) }]);
  assert.deepStrictEqual((await query("SELECT $2 AS b, $1 AS a", ["x", "y"])).rows, [{ b: "y", a: "x" }]);
  assert.deepStrictEqual((await query("SELECT NULL AS n")).rows, [{ n: null }]);
  for (let i = 0; i < 3; ++i) {
    const named = await client.query({ name: "by-id", text: "SELECT name FROM t WHERE id = $1", values: [1] });
    assert.strictEqual(named.rows[0].name, "ä");
  }
  const several = await query("SELECT 1 AS a; SELECT 2 AS a");
  assert.deepStrictEqual(several.map((r) => r.rows[0].a), ["1", "2"]);
  await assert.rejects(query("INSERT INTO t(id) VALUES (1)"), { code: "23505", message: "UNIQUE constraint failed: t.id" });
  await assert.rejects(query("SELECT * FROM nope WHERE id = $1", [1]), /no such table: nope/);
  await query("BEGIN");
  await query("INSERT INTO t(id) VALUES ($1)", [2]);
  await assert.rejects(query("SELEC"));
  assert.strictEqual((await query("SELECT count(*) AS n FROM t")).rows[0].n, "2");
  await query("ROLLBACK");
  assert.strictEqual((await query("SELECT count(*) AS n FROM t")).rows[0].n, "1");
  assert.match((await query("SELECT version()")).rows[0].version, /^PostgreSQL 15/);
  await query("INSERT INTO t(id) VALUES (2), (3), (4)");
  await query("BEGIN");
  const cursor = client.query(new Cursor("SELECT id FROM t ORDER BY id"));
  assert.deepStrictEqual(await cursor.read(2), [{ id: "1" }, { id: "2" }]);
  assert.deepStrictEqual(await cursor.read(10), [{ id: "3" }, { id: "4" }]);
  await cursor.close();
  await query("COMMIT");
  await client.end();

  const pool = new Pool({ max: 4 });
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => pool.query("SELECT $1 AS x", [String(i)])));
  answers.forEach((a, i) => assert.strictEqual(a.rows[0].x, String(i)));
  await pool.end();

  const sql = postgres({ host: process.env.PGHOST, port: Number(process.env.PGPORT), max: 2 });
  await sql`DELETE FROM t`;
  await sql`INSERT INTO t VALUES (${1}, ${"x"}, ${1.5}, ${Buffer.from([0, 255])})`;
  assert.deepStrictEqual([...(await sql`SELECT * FROM t WHERE id = ${1}`)], [{ id: "1", name: "x", r: 1.5, b: Buffer.from([0, 255]) }]);
  const returned = await sql`INSERT INTO t ${sql([{ id: 2, name: "two" }, { id: 3, name: "three" }], "id", "name")} RETURNING id`;
  assert.deepStrictEqual([...returned], [{ id: "2" }, { id: "3" }]);
  await sql.begin((inside) => inside`DELETE FROM t WHERE id = ${3}`);
  let n = 0;
  await sql`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n`.cursor(100, (rows) => {
    n += rows.length;
  });
  assert.strictEqual(n, 1000);
  await sql.end();
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
