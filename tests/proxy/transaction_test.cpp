// A transaction's decisions, without a server.
#include "proxy/transaction.hpp"

#include <catch2/catch.hpp>

using howdah::proxy::Transaction;
using Statements = std::vector<std::string>;

TEST_CASE("BEGIN reaches the server with the first statement after it")
{
    Transaction t;
    CHECK(t.autocommit());
    CHECK_FALSE(t.begin());
    CHECK(t.describe() == "begin");
    CHECK(t.opening() == Statements{"BEGIN ISOLATION LEVEL REPEATABLE READ"});
    t.opened();
    CHECK(t.opening().empty());
    CHECK(t.describe() == "begin, on server");
}

TEST_CASE("BEGIN inside a transaction is refused with SQLite's words")
{
    Transaction t;
    t.begin();
    CHECK(t.begin() == "cannot start a transaction within a transaction");
}

TEST_CASE("COMMIT and ROLLBACK without a transaction are refused with SQLite's words")
{
    const Transaction t;
    CHECK(t.commit().error == "cannot commit - no transaction is active");
    CHECK(t.rollback().error == "cannot rollback - no transaction is active");
}

TEST_CASE("a transaction the server never heard of ends without a word to it")
{
    Transaction t;
    t.begin();
    const auto plan = t.commit();
    CHECK(plan.send.empty());
    t.done(plan);
    CHECK(t.autocommit());
}

TEST_CASE("savepoints made before the first statement travel with it")
{
    Transaction t;
    t.begin();
    CHECK(t.savepoint("a").empty());
    CHECK(t.opening() == Statements{"BEGIN ISOLATION LEVEL REPEATABLE READ", "SAVEPOINT s1"});
}

TEST_CASE("a savepoint outside a transaction begins one and its release commits it")
{
    Transaction t;
    t.savepoint("a");
    t.opened();
    CHECK(t.savepoint("b") == Statements{"SAVEPOINT s2"});
    const auto inner = t.release("B");
    CHECK(inner.send == Statements{"RELEASE SAVEPOINT s2"});
    t.done(inner);
    const auto outer = t.release("a");
    CHECK(outer.send == Statements{"COMMIT"});
    CHECK(outer.ends_transaction);
}

TEST_CASE("the innermost of several savepoints of one name is meant")
{
    Transaction t;
    t.begin();
    t.opened();
    t.savepoint("a");
    t.savepoint("A");
    CHECK(t.rollback_to("a").send == Statements{"ROLLBACK TO SAVEPOINT s2"});
}

TEST_CASE("rolling back to a savepoint keeps it and drops the later ones")
{
    Transaction t;
    t.begin();
    t.opened();
    t.savepoint("a");
    t.savepoint("b");
    t.done(t.rollback_to("a"));
    CHECK(t.describe() == "begin, on server, savepoints: a");
    CHECK(t.release("b").error == "no such savepoint: b");
}

TEST_CASE("rolling back to a savepoint gives up a writer lock that was taken after it")
{
    Transaction t;
    t.begin();
    t.opened();
    t.savepoint("a");
    t.took_writer_lock();
    t.savepoint("b");
    t.done(t.rollback_to("b"));
    CHECK(t.writer_locked());
    t.done(t.rollback_to("a"));
    CHECK_FALSE(t.writer_locked());
}

TEST_CASE("a transaction that has shown nothing can begin again, with its savepoints and without its lock")
{
    Transaction t;
    t.begin();
    t.savepoint("a");
    t.opened();
    t.took_writer_lock();
    CHECK_FALSE(t.has_shown());
    t.restarted();
    CHECK_FALSE(t.on_server());
    CHECK_FALSE(t.writer_locked());
    CHECK(t.opening() == Statements{"BEGIN ISOLATION LEVEL REPEATABLE READ", "SAVEPOINT s1"});
    t.opened();
    t.showed();
    CHECK(t.has_shown());
    t.ended();
    CHECK_FALSE(t.has_shown());
}

TEST_CASE("each statement of a transaction has a guard of its own, given up only when there are many")
{
    Transaction t;
    t.begin();
    t.opened();
    CHECK(t.guard(true).make == Statements{"SAVEPOINT howdah_statement"});
    CHECK(t.guard(true).undo == "ROLLBACK TO SAVEPOINT howdah_statement");
    t.guarded();
    for (std::size_t i = 1; i < Transaction::most_guards; ++i) {
        CHECK(t.guard(true).make == Statements{"SAVEPOINT howdah_statement_after"});
        CHECK(t.guard(true).undo == "ROLLBACK TO SAVEPOINT howdah_statement_after");
        t.guarded();
    }
    const Statements renewed{"RELEASE SAVEPOINT howdah_statement", "SAVEPOINT howdah_statement"};
    CHECK(t.guard(true).make == renewed);
    t.guarded();
    CHECK(t.guard(true).make == Statements{"SAVEPOINT howdah_statement_after"});
}

TEST_CASE(
    "a guard behind which nothing was written serves the next statement, too, where the server is told nothing else")
{
    Transaction t;
    t.begin();
    t.opened();
    t.guarded();
    t.as_guarded();
    CHECK(t.guard(true).make.empty());
    CHECK(t.guard(true).undo == "ROLLBACK TO SAVEPOINT howdah_statement");
    CHECK(t.guard(false).make == Statements{"SAVEPOINT howdah_statement_after"});
    t.guarded();
    t.as_guarded();
    CHECK(t.guard(true).make.empty());
    CHECK(t.guard(true).undo == "ROLLBACK TO SAVEPOINT howdah_statement_after");
    t.wrote();
    CHECK(t.guard(true).make == Statements{"SAVEPOINT howdah_statement_after"});
    t.as_guarded();
    t.savepoint("a");
    CHECK(t.guard(true).make == Statements{"SAVEPOINT howdah_statement"});
    t.as_guarded(); // there is none behind the client's savepoint
    CHECK(t.guard(true).make == Statements{"SAVEPOINT howdah_statement"});
}

TEST_CASE("a client's savepoint stands on no guard, and ends those after it")
{
    Transaction t;
    t.begin();
    t.opened();
    t.guarded();
    const Statements made{"RELEASE SAVEPOINT howdah_statement", "SAVEPOINT s1"};
    CHECK(t.savepoint("a") == made);
    CHECK(t.savepoint("b") == Statements{"SAVEPOINT s2"});
    t.guarded();
    t.done(t.rollback_to("b"));
    CHECK(t.guard(true).make == Statements{"SAVEPOINT howdah_statement"});
    t.guarded();
    t.done(t.release("a"));
    CHECK(t.guard(true).make == Statements{"SAVEPOINT howdah_statement"});
}

TEST_CASE("what the server was told for a transaction holds until it is rolled back in part, or begun anew")
{
    Transaction t;
    t.met_keys_to_test();
    CHECK_FALSE(t.has_keys_to_test()); // there is no transaction
    REQUIRE_FALSE(t.begin());
    t.savepoint("a");
    t.opened();
    t.told_lock_timeout(7);
    t.told_to_enforce_keys();
    t.met_keys_to_test();
    CHECK((t.enforces_keys() && t.has_keys_to_test() && t.lock_timeout() == 7));
    t.done(t.rollback_to("a"));
    CHECK_FALSE((t.enforces_keys() || t.lock_timeout()));
    CHECK(t.has_keys_to_test()); // those of before the savepoint, perhaps
    t.told_to_enforce_keys();
    t.restarted();
    CHECK_FALSE(t.enforces_keys());
    CHECK(t.has_keys_to_test());
    t.ended();
    CHECK_FALSE(t.has_keys_to_test());
}
