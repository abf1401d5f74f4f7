#include "pool/replies.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace howdah::pool {

namespace {

constexpr std::size_t kept_frames = 16 * 1024;
constexpr std::int16_t binary_format[] = {1};
constexpr std::int16_t text_format[] = {0};

std::span<const std::int16_t> formats(const Command& command)
{
    if (!command.result_formats.empty())
        return command.result_formats;
    return command.binary_results ? binary_format : text_format;
}

} // namespace

std::optional<ServerError> Replies::unsendable(const Batch& batch)
{
    for (const Command& command : batch.commands) {
        if (command.text().find('\0') != std::string_view::npos || command.portal.find('\0') != std::string::npos)
            return server_error("22021", "a statement cannot contain a NUL character");
        if (command.params.size() > 0xffff || command.result_formats.size() > 0xffff)
            return server_error("54000", "more than 65535 parameters");
        std::size_t bytes = command.text().size() + command.portal.size() + 64;
        for (const Param& param : command.params)
            bytes += 6 + (param.bytes ? param.bytes->size() : 0);
        if (bytes > wire::max_message)
            return server_error("54000", "a statement and its parameters cannot exceed 1 GB");
    }
    return std::nullopt;
}

void Replies::ask(const Batch& batch, std::string& out)
{
    assert(done());
    result_ = {};
    rows_ = 0;
    touched_ = false;
    fed_.clear();
    prepared_.begin_batch();
    if (batch.commands.size() == 1 && batch.commands[0].simple) {
        wire::put_query(out, batch.commands[0].text());
        owed_.push_back({Owed::What::query, batch.commands[0].rows, {}});
        return;
    }
    frames_.clear();
    result_.results.reserve(batch.commands.size());
    for (const Command& command : batch.commands) {
        assert(!command.simple); // a simple query goes alone
        ask(command, frames_);
    }
    // First of all, so that no error can skip them; none of them is used by this batch.
    std::size_t closings = 0;
    for (std::string& name : prepared_.take_closing()) {
        wire::put_close_statement(out, name);
        owed_.insert(owed_.begin() + static_cast<std::ptrdiff_t>(closings++),
                     {Owed::What::close_evicted, nullptr, std::move(name)});
    }
    out.append(frames_);
    if (frames_.capacity() > kept_frames)
        frames_.shrink_to_fit();
    ask_sync(out);
}

void Replies::ask(const Command& command, std::string& out)
{
    if (command.close_portal) {
        wire::put_close_portal(out, command.portal);
        owed_.push_back({Owed::What::close, nullptr, {}});
        return;
    }
    if (command.describe_only) {
        wire::put_parse(out, {}, command.text(), command.params);
        owed_.push_back({Owed::What::parse, nullptr, {}});
        wire::put_describe_statement(out, {});
        owed_.push_back({Owed::What::parameters, nullptr, {}});
        owed_.push_back({Owed::What::description, command.rows, {}, true});
        return;
    }
    if (!command.resume) {
        Prepared::Use use{{}, true};
        if (command.prepare && prepared_.limit() > 0)
            use = prepared_.use(command.token, command.text(), command.params);
        if (use.fresh) {
            wire::put_parse(out, use.name, command.text(), command.params);
            owed_.push_back({Owed::What::parse, nullptr, use.name});
        }
        wire::put_bind(out, command.portal, use.name, command.params, formats(command));
        owed_.push_back({Owed::What::bind, nullptr, use.name});
        if (command.describe) {
            wire::put_describe_portal(out, command.portal);
            owed_.push_back({Owed::What::description, command.rows, {}});
        }
        wire::put_execute(out, command.portal, command.max_rows);
        owed_.push_back({Owed::What::rows, command.rows, use.name});
        return;
    }
    wire::put_execute(out, command.portal, command.max_rows);
    owed_.push_back({Owed::What::rows, command.rows, {}});
}

void Replies::ask_sync(std::string& out)
{
    wire::put_sync(out);
    owed_.push_back({Owed::What::sync, nullptr, {}});
}

Replies::Progress Replies::broken(std::string what)
{
    why = std::move(what);
    return Progress::broken;
}

Replies::Progress Replies::answered(Owed::What what, char type)
{
    if (owed_.empty() || owed_.front().what != what)
        return broken(std::string("unexpected message '") + type + "' from the server");
    if (what == Owed::What::parse && !owed_.front().name.empty())
        prepared_.confirm(owed_.front().name);
    owed_.pop_front();
    return Progress::more;
}

Replies::Progress Replies::on(const wire::Message& message)
{
    switch (message.type) {
    case 'D':
        return on_row(message);
    case 'C':
        return on_complete(message);
    case 'Z':
        return on_ready(message);
    case 'E':
        return on_error(message);
    case 'T':
        return on_description(message);
    case '1':
        return answered(Owed::What::parse, '1');
    case '2':
        return answered(Owed::What::bind, '2');
    case '3':
        if (!owed_.empty() && owed_.front().what == Owed::What::close_evicted)
            return answered(Owed::What::close_evicted, '3');
        if (answered(Owed::What::close, '3') == Progress::broken)
            return Progress::broken;
        result_.results.emplace_back();
        return Progress::more;
    case 'n':
        if (!owed_.empty() && owed_.front().what == Owed::What::description && owed_.front().sink) {
            touched_ = true;
            owed_.front().sink->on_description({});
        }
        if (!owed_.empty() && owed_.front().ends_command)
            result_.results.push_back({{}, 0, false, std::move(parameter_types_)});
        return answered(Owed::What::description, 'n');
    case 't':
        if (!wire::read_parameter_types(message.body, parameter_types_))
            return broken("malformed parameter description from the server");
        return answered(Owed::What::parameters, 't');
    case 's':
    case 'I':
        if (!owed_.empty() && owed_.front().what == Owed::What::query && message.type == 'I') {
            result_.results.emplace_back();
            return Progress::more;
        }
        if (answered(Owed::What::rows, message.type) == Progress::broken)
            return Progress::broken;
        result_.results.push_back({{}, std::exchange(rows_, 0), message.type == 's', {}});
        return Progress::more;
    // These come at any time.
    case 'N':
    case 'S':
        return Progress::more;
    case 'A':
        if (const auto n = wire::read_notification(message.body); n && on_notification)
            on_notification(*n);
        return Progress::more;
    case 'G':
    case 'H':
    case 'W':
        return broken("COPY to or from the client is not supported");
    default:
        return broken("unknown message from the server");
    }
}

Replies::Progress Replies::on_row(const wire::Message& message)
{
    if (owed_.empty() || (owed_.front().what != Owed::What::rows && owed_.front().what != Owed::What::query))
        return broken("unexpected row from the server");
    if (!wire::read_row(message.body, row_))
        return broken("malformed row from the server");
    ++rows_;
    if (RowSink* const sink = owed_.front().sink) {
        touched_ = true;
        if (fed_.empty() || fed_.back() != sink)
            fed_.push_back(sink);
        sink->on_row(row_);
    }
    return Progress::more;
}

Replies::Progress Replies::on_description(const wire::Message& message)
{
    const bool query = !owed_.empty() && owed_.front().what == Owed::What::query;
    if (owed_.empty() || (!query && owed_.front().what != Owed::What::description))
        return broken("unexpected row description from the server");
    if (!wire::read_row_description(message.body, columns_))
        return broken("malformed row description from the server");
    if (RowSink* const sink = owed_.front().sink) {
        touched_ = true;
        sink->on_description(columns_);
    }
    if (!query && owed_.front().ends_command)
        result_.results.push_back({{}, 0, false, std::move(parameter_types_)});
    if (!query)
        owed_.pop_front();
    return Progress::more;
}

Replies::Progress Replies::on_complete(const wire::Message& message)
{
    const bool query = !owed_.empty() && owed_.front().what == Owed::What::query;
    const auto tag = wire::read_tag(message.body);
    if (!tag || owed_.empty() || (!query && owed_.front().what != Owed::What::rows))
        return broken("unexpected command completion from the server");
    result_.results.push_back({std::string(*tag), std::exchange(rows_, 0), false, {}});
    if (!query)
        owed_.pop_front();
    return Progress::more;
}

Replies::Progress Replies::on_error(const wire::Message& message)
{
    wire::Report report = wire::read_report(message.body);
    if (report.fatal || owed_.empty()) {
        fatal_error = std::move(report.error);
        return Progress::fatal;
    }
    // A prepared statement whose result type changed, or that someone deallocated: prepare it anew next time.
    const std::string& name = owed_.front().name;
    const bool stale = report.error.sqlstate == "0A000" && report.error.routine == "RevalidateCachedQuery";
    const bool gone = report.error.sqlstate == "26000" && owed_.front().what == Owed::What::bind;
    if (!name.empty() && (stale || gone)) {
        result_.stale_plan = true;
        prepared_.forget(name);
    }
    if (!result_.error)
        result_.error = std::move(report.error);
    // The server skips to the Sync. A simple query just ends: ReadyForQuery answers it.
    while (owed_.front().what != Owed::What::sync && owed_.front().what != Owed::What::query) {
        if (owed_.front().what == Owed::What::close_evicted)
            prepared_.close_later(std::move(owed_.front().name));
        owed_.pop_front();
    }
    rows_ = 0;
    return Progress::more;
}

Replies::Progress Replies::on_ready(const wire::Message& message)
{
    const auto status = wire::read_status(message.body);
    const bool due =
        !owed_.empty() && (owed_.front().what == Owed::What::sync || owed_.front().what == Owed::What::query);
    if (!status || !due)
        return broken("unexpected end of a query from the server");
    status_ = *status;
    owed_.pop_front();
    if (!owed_.empty())
        return Progress::more;
    prepared_.end_batch();
    return Progress::done;
}

BatchResult Replies::take_result()
{
    result_.transaction_status = status_;
    return std::exchange(result_, {});
}

void Replies::abandon()
{
    for (Owed& owed : owed_)
        owed.sink = nullptr;
    fed_.clear();
}

} // namespace howdah::pool
