// The PostgreSQL wire after login, as a machine without sockets: messages and the session's answers in, bytes and the
// next question to the session out.
//
//   on(message);
//   while (auto action = next_action()) { ask the session; tell the answer with described(), ran() or done(); }
//   write output()
//
// One message at a time: on() may be called only when next_action() has nothing more.
//
// How it differs from PostgreSQL, because SQLite does: the statements of one Query message or one pipeline are no
// implicit transaction, each commits by itself; and a failed statement does not fail its transaction, so ReadyForQuery
// says I or T and never E.
#pragma once

#include "driver_chatter.hpp"
#include "messages.hpp"
#include "parameters.hpp"
#include "rows.hpp"
#include "settings.hpp"

#include "proxy/exchange.hpp"
#include "proxy/lookahead.hpp"
#include "proxy/session.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace howdah::proxy::pgwire {

class Decoder;

// What is asked of the session. Views are valid until the answer is told.
struct AskDescribe {
    std::string_view sql;
    std::span<const Value> samples;
};
struct AskRun {
    std::string_view sql;
    std::span<const Value> parameters;
    RunOptions options;
};
struct AskFetch {
    std::string portal;
    std::int32_t max_rows = 0;
};
struct AskClosePortal {
    std::string portal;
};
struct AskSync {};
struct AskReset {}; // DISCARD ALL: as if the client had connected anew
struct WriteOutput {};
using Action = std::variant<AskDescribe, AskRun, AskFetch, AskClosePortal, AskSync, AskReset, WriteOutput>;

struct ConversationOptions {
    std::int32_t process_id = 0; // pg_backend_pid()
    // proxy::first_statement and proxy::is_blank; a test may bring its own.
    std::size_t (*first_statement)(std::string_view script) = nullptr;
    bool (*is_blank)(std::string_view statement) = nullptr;
};

class Conversation {
public:
    Conversation(Settings settings, ConversationOptions options);
    ~Conversation();

    void on(const Message& message);
    std::optional<Action> next_action();

    // Answers: to AskDescribe; to AskRun and AskFetch; to the others. `autocommit` is the session's afterwards.
    void described(Description description);
    void ran(Outcome outcome, bool autocommit);
    void done(bool autocommit);

    // The rows of what runs, before ran().
    void columns(std::span<const Column> columns);
    void row(std::span<const ValueView> row);
    void raw_columns(std::span<const RawColumn> columns);
    void raw_row(std::span<const RawField> row);
    // How the rows of these columns may come as whole DataRow messages, which forwarded_row() appends as they are;
    // nullopt: not at all.
    std::optional<std::span<const std::int16_t>> forward_formats(std::span<const Column> columns) const;
    void forwarded_row(std::string_view message);
    // Takes columns and rows back, if none of them was written; the statement will run once more.
    bool rewind();

    std::string& output() { return out_; }
    // The client says nothing for a while: gives back what it has been told and what it has asked last, in bytes.
    std::size_t rest();
    // A whole answer is in the output: it should not wait for the next statement to end.
    bool owes_answer() const { return owes_answer_; }
    // The Query message that runs has further statements.
    bool has_more() const { return !rest_.empty(); }
    // The output has left and is empty again.
    void written();

    // ParameterStatus …, BackendKeyData, ReadyForQuery: what follows AuthenticationOk.
    void welcome(std::string_view secret);
    // A fatal error of the connection itself: timeouts, shutdown.
    void end(const ClientError& error);

    // What the statements are that will be asked next, if all goes well: those left of the Query message that runs, and
    // then those of the messages behind it.
    class Foresight;

    bool over() const { return over_; }
    bool in_transaction() const { return !autocommit_; }
    // Nothing was asked since ReadyForQuery: the client can be sent away between two requests.
    bool idle() const { return idle_; }
    const Settings& settings() const { return settings_; }

private:
    struct Prepared;
    struct Portal;
    // What the session is doing for us.
    enum class Asked { nothing, parse, describe_statement, describe_portal, guard, run, close_portal, sync, reset };

    void handle(const Query& m);
    void handle(const Parse& m);
    void handle(const Bind& m);
    void handle(const Describe& m);
    void handle(const Execute& m);
    void handle(const Close& m);
    void handle(const Sync& m);
    void handle(const Flush& m);
    void handle(const FunctionCall& m);
    void handle(const Terminate& m);
    void handle(const Malformed& m);
    template <typename T>
    void handle(const T&) // CopyData and its kin outside of COPY are ignored, as the protocol says
    {
    }

    void ask(Asked what, Action action);
    void dispatch(const Message& message);
    bool answers_with_execute(const Message& message) const;
    void describe_pending_portal();

    void next_in_script();
    void run_portal(Portal& portal, std::int32_t max_rows);
    void finish_parse(Description description);
    void describe_statement(Prepared& statement);
    void write_description(const Description& description, Prepared& statement, std::span<const std::int16_t> formats);
    void describe_portal(Portal& portal);
    void tell_shape(std::shared_ptr<const ResultShape> shape);
    std::shared_ptr<const ResultShape> shape_of(std::span<const Column> columns);
    void execute_chatter(const chatter::Chatter& chatter);
    std::optional<ClientError> bind_values(const Bind& m, const Prepared& statement, Portal& portal) const;

    void statement_done(std::string_view tag);
    void fail(const ClientError& error, int position = 0);
    void finish_cycle();
    void ready();
    void forget_portals_of(const Prepared* statement);
    std::shared_ptr<Prepared> find_statement(std::string_view name) const;
    std::shared_ptr<Portal> find_portal(std::string_view name) const;
    std::shared_ptr<Portal> new_portal();
    void forget_portal(std::string_view name);
    void forget_portals();

    // How chatter is answered.
    void perform(const chatter::Rewrite&) {}
    void perform(const chatter::Acknowledge& c);
    void perform(const chatter::SetTransaction& c);
    void perform(const chatter::Assign& c);
    void perform(const chatter::ResetAll& c);
    void perform(const chatter::DiscardAll& c);
    void perform(const chatter::Deallocate& c);
    void perform(const chatter::Show& c);
    void perform(const chatter::Constants& c);
    void perform(const chatter::Refuse& c);
    void report_changes();

    Settings settings_;
    ConversationOptions options_;
    std::string out_;
    bool over_ = false, idle_ = true, owes_answer_ = false, autocommit_ = true;
    bool skipping_ = false; // after an error in the extended protocol: until Sync

    std::optional<Action> action_; // asked next
    Asked asked_ = Asked::nothing;
    std::optional<AskRun> guarded_;   // runs when PRAGMA query_only is as READ ONLY wants it
    bool query_only_ = false;         // as it is now
    std::optional<Message> deferred_; // waits for the description of the portal before it

    // The simple protocol: what is left of the Query message. Its views are the Decoder's.
    bool in_script_ = false;
    std::string_view script_, rest_;
    bool script_answered_ = false;

    std::map<std::string, std::shared_ptr<Prepared>, std::less<>> statements_;
    std::map<std::string, std::shared_ptr<Portal>, std::less<>> portals_; // those that have a name
    std::shared_ptr<Portal> unnamed_portal_;
    std::shared_ptr<Portal> spare_portal_;          // of the last statement, to be used again
    std::shared_ptr<const ResultShape> last_shape_; // of the last result; mostly the next one is the same
    std::shared_ptr<Prepared> parsing_;             // under the name parsing_name_ once the session has described it
    std::string parsing_name_;
    std::shared_ptr<Portal> current_;      // what runs, or is described
    bool describing_ = false;              // RowDescription or NoData is owed for current_
    bool told_columns_ = false;            // of what runs
    std::size_t rows_from_ = 0;            // where in out_ its rows (and their description) begin, or …
    bool rows_left_ = false;               // … they have left in part
    bool described_now_ = false;           // RowDescription is the first of them
    std::optional<ClientError> row_error_; // the first row of current_ that could not be sent
    std::uint64_t epoch_ = 0;              // grows with each statement run and each Sync: descriptions grow old by it
    bool session_portals_ = false;         // the session may hold portals that Sync ends
    std::vector<Value> samples_;
};

class Conversation::Foresight {
public:
    explicit Foresight(const Conversation& conversation);
    // The next of the script that is being looked at and of the messages behind it. nullopt: none has arrived, or
    // over().
    std::optional<Foreseen> next(Decoder& decoder);
    // The next of the script that is being looked at. nullopt: it has come to its end, or over().
    std::optional<Foreseen> next_of_script();
    // A message that follows. nullopt: it asks for nothing by itself, begins a script, or over().
    std::optional<Foreseen> on(const Message& message);
    // What comes is not known.
    bool over() const { return over_; }

private:
    std::nullopt_t end()
    {
        over_ = true;
        return std::nullopt;
    }
    std::nullopt_t parsed(const Parse& m);
    std::optional<Foreseen> bound(const Bind& m);
    bool runs_as_it_is(const Prepared& statement) const;

    const Conversation& conversation_;
    std::string_view rest_;                            // of the script
    std::shared_ptr<Prepared> prepared_;               // of the statement foreseen last, or bound to the unnamed portal
    std::shared_ptr<Portal> portal_;                   // the unnamed one, bound and not run
    std::optional<std::shared_ptr<Prepared>> unnamed_; // the unnamed statement, where it will be another than now
    bool over_ = false;
};

} // namespace howdah::proxy::pgwire
