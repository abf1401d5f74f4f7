// The answers that a batch is owed, in order. Turns a batch into frames, and the frames that come back into its result.
// Pure: bytes come from and go to someone else.
#pragma once

#include "pool/batch.hpp"
#include "pool/prepared.hpp"
#include "pool/wire.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::pool {

class Replies {
public:
    explicit Replies(std::size_t max_prepared) : prepared_(max_prepared) {}

    // What the protocol has no room for: a NUL in a statement, more parameters than 16 bits count, more than a message
    // holds. Such a batch must not be asked.
    static std::optional<ServerError> unsendable(const Batch& batch);
    // Appends the batch's frames to `out`. Nothing may be outstanding. Its sinks must live until done() or abandon().
    void ask(const Batch& batch, std::string& out);
    // A lone Sync: its answer says that the server has come this far.
    void ask_sync(std::string& out);

    enum class Progress {
        more,
        done,   // ReadyForQuery: take_result()
        broken, // not what protocol 3 allows here: `why`
        fatal,  // the server ends the connection: `fatal_error`
    };
    Progress on(const wire::Message& message);

    bool done() const { return owed_.empty(); }
    char transaction_status() const { return status_; }
    BatchResult take_result();
    // Sinks that have been given rows since the last call.
    std::vector<RowSink*>& fed() { return fed_; }
    // Rows that still come are dropped.
    void abandon();
    // No row or description of this batch has reached a sink yet.
    bool untouched() const { return !touched_; }

    Prepared& prepared() { return prepared_; }
    std::function<void(const wire::Notification&)> on_notification;

    std::string why;
    ServerError fatal_error;

private:
    // One answer that is owed. A command's answers are skipped together when one of them is an error.
    struct Owed {
        enum class What : std::uint8_t {
            parse,
            bind,
            description,
            rows,
            close,
            close_evicted,
            query,
            sync,
            parameters
        } what;
        RowSink* sink = nullptr;
        std::string name;          // of the prepared statement; empty: not kept
        bool ends_command = false; // a description that is all the command asked for
    };

    void ask(const Command& command, std::string& out);
    Progress broken(std::string what);
    Progress on_error(const wire::Message& message);
    Progress on_row(const wire::Message& message);
    Progress on_description(const wire::Message& message);
    Progress on_complete(const wire::Message& message);
    Progress on_ready(const wire::Message& message);
    // The front of owed_ is `what`: it has been answered.
    Progress answered(Owed::What what, char type);

    Prepared prepared_;
    std::deque<Owed> owed_;
    std::string frames_; // scratch
    BatchResult result_;
    std::uint64_t rows_ = 0; // of the command that is being answered
    char status_ = 'I';
    bool touched_ = false;
    std::vector<RowSink*> fed_;
    std::vector<Field> row_;
    std::vector<FieldDescription> columns_;
    std::vector<Oid> parameter_types_;
};

} // namespace howdah::pool
