// PostgreSQL's JDBC driver: batches, generated keys, fetch size, binary transfer of prepared statements, metadata.
import java.math.BigDecimal;
import java.sql.*;

public class JdbcClient {
    static void check(boolean good, String what) {
        if (!good)
            throw new AssertionError(what);
    }

    public static void main(String[] args) throws Exception {
        String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/"
            + System.getenv("PGDATABASE") + "?user=" + System.getenv("PGUSER");
        try (Connection c = DriverManager.getConnection(url)) {
            try (Statement s = c.createStatement()) {
                s.execute("DROP TABLE IF EXISTS t");
                s.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, r REAL, b BLOB)");
                check(s.executeUpdate("INSERT INTO t(id, name) VALUES (1, 'one')") == 1, "count of an INSERT");
            }
            try (PreparedStatement p = c.prepareStatement("INSERT INTO t VALUES (?, ?, ?, ?)")) {
                for (int i = 2; i <= 20; ++i) {
                    p.setInt(1, i);
                    p.setString(2, "n" + i);
                    p.setDouble(3, i / 2.0);
                    p.setBytes(4, new byte[] {0, (byte)i});
                    p.addBatch();
                }
                check(p.executeBatch().length == 19, "batch");
            }
            // More than five times: the driver prepares on the server and asks for binary results.
            try (PreparedStatement p = c.prepareStatement("SELECT id, name, r, b FROM t WHERE id = ?")) {
                for (int i = 2; i <= 20; ++i) {
                    p.setLong(1, i);
                    try (ResultSet r = p.executeQuery()) {
                        check(r.next() && r.getInt(1) == i && r.getString(2).equals("n" + i), "row " + i);
                        check(r.getDouble(3) == i / 2.0 && r.getBytes(4)[1] == i, "values " + i);
                        check(!r.next(), "one row");
                    }
                }
            }
            try (PreparedStatement p = c.prepareStatement("SELECT typeof(?), typeof(?), typeof(?), typeof(?), typeof(?)")) {
                p.setInt(1, 1);
                p.setDouble(2, 1.5);
                p.setString(3, "x");
                p.setBigDecimal(4, new BigDecimal("2.5"));
                p.setNull(5, Types.INTEGER);
                try (ResultSet r = p.executeQuery()) {
                    r.next();
                    check((r.getString(1) + r.getString(2) + r.getString(3) + r.getString(4) + r.getString(5))
                              .equals("integerrealtextrealnull"), "storage classes");
                }
            }
            try (PreparedStatement p = c.prepareStatement("INSERT INTO t(name) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
                p.setString(1, "generated");
                p.executeUpdate();
                try (ResultSet keys = p.getGeneratedKeys()) {
                    check(keys.next() && keys.getLong("id") == 21, "generated key");
                }
            }
            // Rows in parts, which needs a transaction.
            c.setAutoCommit(false);
            try (Statement s = c.createStatement()) {
                s.setFetchSize(7);
                int n = 0;
                try (ResultSet r = s.executeQuery("SELECT id FROM t ORDER BY id")) {
                    while (r.next())
                        check(r.getInt(1) == ++n, "fetched in order");
                }
                check(n == 21, "all rows: " + n);
                s.executeUpdate("DELETE FROM t");
            }
            c.rollback();
            c.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
            check(c.getTransactionIsolation() == Connection.TRANSACTION_SERIALIZABLE, "isolation level");
            try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT count(*) FROM t")) {
                r.next();
                check(r.getInt(1) == 21, "rolled back");
            }
            Savepoint savepoint = c.setSavepoint("a");
            try (Statement s = c.createStatement()) {
                s.executeUpdate("DELETE FROM t");
                c.rollback(savepoint);
            }
            c.commit();
            c.setAutoCommit(true);
            try (Statement s = c.createStatement()) {
                s.execute("INSERT INTO t(id) VALUES (1)");
                check(false, "no error");
            } catch (SQLException e) {
                check(e.getSQLState().equals("23505") && e.getMessage().contains("UNIQUE constraint failed: t.id"), e.toString());
            }
            check(c.isValid(5), "isValid");
            DatabaseMetaData m = c.getMetaData();
            check(m.getDatabaseMajorVersion() == 15, "version");
            try (ResultSet r = m.getTables(null, null, "t", new String[] {"TABLE"})) {
                check(r.next(), "getTables");
            }
            try (ResultSet r = m.getColumns(null, null, "t", "%")) {
                check(r.next(), "getColumns");
            }
        }
    }
}
