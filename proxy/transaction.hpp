// A client's transaction as SQLite sees it, and what it takes on a server connection. Pure: decides, never sends.
//
// BEGIN and SAVEPOINT are answered at once and reach the server with the first statement after them (design section 4).
// https://sqlite.org/lang_transaction.html, https://sqlite.org/lang_savepoint.html
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::proxy {

enum class Isolation : std::uint8_t { read_committed, repeatable_read };

class Transaction {
public:
    // No BEGIN and no SAVEPOINT is open: what sqlite3_get_autocommit says.
    bool autocommit() const { return !active_; }
    // The server has been told of the transaction.
    bool on_server() const { return on_server_; }
    bool writer_locked() const { return writer_locked_; }
    std::size_t savepoints() const { return marks_.size(); }

    // BEGIN. An error text is SQLite's ("cannot start a transaction within a transaction").
    std::optional<std::string> begin();
    // SAVEPOINT name: begins a transaction when none is open. Returns what must be sent now (nothing while not on the
    // server).
    std::vector<std::string> savepoint(std::string_view name);

    struct Plan {
        std::string error;             // SQLite's text; empty when the statement is valid
        std::vector<std::string> send; // to the server, in order
        bool ends_transaction = false; // call ended() when the server agreed
        std::size_t keep = 0;          // savepoints that remain; call kept() when the server agreed
        bool writer_locked = false;    // after it
    };
    Plan commit() const;
    Plan rollback() const;
    Plan rollback_to(std::string_view name) const;
    Plan release(std::string_view name) const;
    // The plan has been carried out.
    void done(const Plan& plan);
    // The transaction is gone: COMMIT, ROLLBACK, a lost connection.
    void ended();

    // What precedes the first statement on the server: BEGIN and the savepoints made so far. Empty once it is there.
    std::vector<std::string> opening(Isolation isolation = Isolation::repeatable_read) const;
    void opened() { on_server_ = active_; }
    void took_writer_lock() { writer_locked_ = true; }
    // The lock_timeout (ms) that the server has been told for this transaction, where it still holds.
    std::optional<std::int64_t> lock_timeout() const { return lock_timeout_; }
    void told_lock_timeout(std::int64_t ms) { lock_timeout_ = ms; }
    // The server enforces foreign keys in this transaction, where that still holds.
    bool enforces_keys() const { return enforces_keys_; }
    void told_to_enforce_keys() { enforces_keys_ = true; }
    // Foreign keys that a statement has met are tested at COMMIT.
    bool has_keys_to_test() const { return keys_to_test_; }
    void met_keys_to_test() { keys_to_test_ = active_; }
    // What waits is given up, and rows without a parent are counted (howdah.count_keys) from the next change of the
    // schema on. `others`: so many rows have none of which COMMIT need not ask.
    std::optional<std::int64_t> counts_keys() const { return counts_keys_; }
    void count_keys(std::int64_t others)
    {
        counts_keys_ = others;
        has_counted_keys_ = true;
        has_other_orphans_ = has_other_orphans_ || others > 0;
    }
    // They are counted at COMMIT, unless that has been rolled back; there may have been others.
    bool has_counted_keys() const { return has_counted_keys_; }
    bool has_other_orphans() const { return has_other_orphans_; }
    // PRAGMA defer_foreign_keys has been ON, and OFF again.
    bool ended_deferral() const { return ended_deferral_; }
    void end_deferral()
    {
        ended_deferral_ = active_;
        counts_keys_.reset();
    }
    // Keys that are declared deferred were broken when the PRAGMA came; OFF forgets others alone.
    bool deferred_late() const { return deferred_late_; }
    void deferred_late(bool broken) { deferred_late_ = active_ && broken; }
    // The savepoint behind which the next statement runs, so that it can be undone alone. It stays until there are
    // most_guards of them, which a statement that succeeds need not wait for: one command a statement instead of two.
    struct Guard {
        std::vector<std::string> make; // to be sent before the statement
        std::string undo;              // sent after it has failed; the guard stays
    };
    static constexpr std::size_t most_guards = 8;
    // `first`: the server is told nothing for the transaction ahead of it. Then the newest guard is as good as another
    // where nothing has been written behind it.
    Guard guard(bool first) const;
    // The server has made it.
    void guarded()
    {
        guards_ = guards_ == most_guards ? 1 : guards_ + 1;
        guard_is_fresh_ = false;
    }
    // Something may have been written behind the newest guard, or a portal opened, which would go with it; or nothing
    // has, or it has been undone.
    void wrote() { guard_is_fresh_ = false; }
    void as_guarded() { guard_is_fresh_ = guards_ > 0; }
    // A statement inside the transaction has answered: what its client saw belongs to the snapshot it has.
    void showed() { shown_ = active_; }
    bool has_shown() const { return shown_; }
    // The server has rolled everything back: opening() begins it again.
    void restarted();

    // "autocommit", "begin, on server, writer, savepoints: a b"
    std::string describe() const;

private:
    struct Mark {
        std::string name;           // the client's, as written; compared without case
        std::string server_name;    // s1, s2, …
        bool writer_locked = false; // when it was made: rolling back to it gives later locks up
    };
    std::optional<std::size_t> find(std::string_view name) const;

    bool active_ = false;
    bool by_savepoint_ = false; // the outermost savepoint began the transaction; its RELEASE commits
    bool on_server_ = false;
    bool writer_locked_ = false;
    bool shown_ = false;
    bool enforces_keys_ = false, keys_to_test_ = false;
    std::optional<std::int64_t> counts_keys_;
    bool has_counted_keys_ = false, has_other_orphans_ = false;
    bool ended_deferral_ = false, deferred_late_ = false;
    std::optional<std::int64_t> lock_timeout_;
    std::vector<Mark> marks_;
    std::size_t guards_ = 0; // on the server, made after the newest mark
    bool guard_is_fresh_ = false;
    unsigned counter_ = 0;
};

} // namespace howdah::proxy
