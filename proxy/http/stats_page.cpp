#include "proxy/http/stats_page.hpp"

#include "proxy/json_text.hpp"

#include <charconv>
#include <initializer_list>
#include <map>
#include <utility>

namespace howdah::proxy::http {

namespace {

using Label = std::pair<std::string_view, std::string_view>;

std::string number_text(double value)
{
    char digits[64];
    const bool plain = value == 0 || (value > 1e-9 && value < 1e15);
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value,
                                            plain ? std::chars_format::fixed : std::chars_format::scientific);
    return {digits, end};
}

std::string number_text(std::uint64_t value) { return std::to_string(value); }

// Writes families in the text exposition format, version 0.0.4: HELP and TYPE once, then the samples.
class Exposition {
public:
    void family(std::string_view name, std::string_view type, std::string_view help)
    {
        name_ = name;
        text_.append("# HELP ").append(name).append(" ").append(help);
        text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
    }

    template <typename Number>
    void sample(std::initializer_list<Label> labels, Number value, std::string_view suffix = "")
    {
        text_.append(name_).append(suffix);
        char separator = '{';
        for (const auto& [name, value_of_label] : labels) {
            text_ += separator;
            text_.append(name).append("=").append(label_value(value_of_label));
            separator = ',';
        }
        text_.append(separator == ',' ? "} " : " ").append(number_text(value)).append("\n");
    }

    template <typename Number>
    void single(std::string_view name, std::string_view type, std::string_view help, Number value)
    {
        family(name, type, help);
        sample({}, value);
    }

    void by(std::string_view name, std::string_view type, std::string_view help, std::string_view label,
            const std::map<std::string, std::uint64_t>& values)
    {
        family(name, type, help);
        for (const auto& [key, value] : values)
            sample({{label, key}}, value);
    }

    void histogram(std::string_view server, const pool::Histogram& histogram)
    {
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
            below += histogram.counts[i];
            const bool last = i == histogram.bounds.size();
            sample({{"server", server}, {"le", last ? "+Inf" : number_text(histogram.bounds[i])}}, below, "_bucket");
        }
        sample({{"server", server}}, histogram.sum, "_sum");
        sample({{"server", server}}, below, "_count");
    }

    std::string take() { return std::move(text_); }

private:
    std::string name_, text_;
};

const std::map<std::string, std::uint64_t>& with_front_ends(std::map<std::string, std::uint64_t>& values)
{
    for (const char* front_end : {"pgwire", "lines", "http"})
        values.try_emplace(front_end, 0);
    return values;
}

void write_process(Exposition& out, const Picture& picture)
{
    out.family("howdah_info", "gauge", "Always 1; the version is in the label.");
    out.sample({{"version", picture.version}}, std::uint64_t{1});
    out.single("howdah_ready", "gauge", "1 when /ready answers 200.", std::uint64_t{picture.ready});
    out.single("howdah_draining", "gauge", "1 after SIGTERM, while transactions end.", std::uint64_t{picture.draining});
    out.single("howdah_uptime_seconds", "gauge", "Seconds since the start.", picture.uptime_seconds);
    out.single("process_start_time_seconds", "gauge", "Start time of the process since the Unix epoch.",
               picture.start_time_seconds);
    out.single("process_cpu_seconds_total", "counter", "User and system CPU time spent.", picture.cpu_seconds);
    out.single("process_resident_memory_bytes", "gauge", "Resident memory size.", picture.resident_bytes);
    if (picture.client_tls_not_after != 0)
        out.single("howdah_tls_certificate_expiry_timestamp_seconds", "gauge",
                   "When the certificate shown to clients expires.", static_cast<double>(picture.client_tls_not_after));
}

void write_clients(Exposition& out, const Totals& totals)
{
    auto connected = totals.clients;
    auto accepted = totals.clients_total;
    auto failures = totals.auth_failures;
    out.by("howdah_clients_connected", "gauge", "Clients connected now.", "front_end", with_front_ends(connected));
    out.by("howdah_clients_accepted_total", "counter", "Clients that ever connected.", "front_end",
           with_front_ends(accepted));
    out.by("howdah_auth_failures_total", "counter", "Logins that were refused.", "front_end", failures);
    out.single("howdah_clients_refused_total", "counter", "Clients turned away because of limits.max_clients.",
               totals.clients_refused);
    out.by("howdah_pinned_sessions", "gauge", "Sessions that hold a server connection now, and why.", "reason",
           totals.pins);
    out.single("howdah_writers_waiting", "gauge",
               "Sessions that wait for their turn to write, without a connection (writers = \"single\").",
               totals.writers_waiting);
    out.single("howdah_client_crashes_total", "counter", "Clients ended by a defect of howdah.", totals.crashes);
}

void write_statements(Exposition& out, const Totals& totals)
{
    out.single("howdah_statements_total", "counter", "Statements run.", totals.statements);
    out.single("howdah_statement_errors_total", "counter", "Statements that ended with an error.", totals.errors);
    out.single("howdah_statements_refused_total", "counter", "Statements that SQLite runs and howdah does not.",
               totals.refused);
    out.single("howdah_statements_local_total", "counter", "Statements answered without PostgreSQL.", totals.local);
    out.family("howdah_statement_retries_total", "counter", "Statements compiled and run a second time, and why.");
    out.sample({{"reason", "exact_arithmetic"}}, totals.retries_exact);
    out.sample({{"reason", "stale_catalog"}}, totals.retries_stale);
    out.sample({{"reason", "conflict"}}, totals.retries_conflict);
    out.single("howdah_write_groups_total", "counter",
               "Transactions that autocommit writes of several clients have shared.", totals.write_groups);
    out.single("howdah_grouped_writes_total", "counter", "Those writes.", totals.grouped_writes);
    out.single("howdah_joined_writes_total", "counter", "INSERTs among them that were one statement with others.",
               totals.joined_writes);
    out.single("howdah_row_transactions_total", "counter",
               "Transactions begun row by row, without conflicts (writers = \"concurrent\").",
               totals.row_transactions);
    out.single("howdah_row_transactions_left_total", "counter",
               "Those of them that had to be repeated as ordinary ones.", totals.row_transactions_left);
    out.single("howdah_statements_sent_ahead_total", "counter",
               "Statements that a client sent behind others and that travelled in their packet.", totals.sent_ahead);
    out.single("howdah_column_promotions_total", "counter",
               "Columns changed by a value that did not fit into them or into their indexes.", totals.promotions);
    out.single("howdah_compiler_bugs_total", "counter", "Statements whose translation PostgreSQL refused.",
               totals.compiler_bugs);
    out.single("howdah_plan_cache_hits_total", "counter", "Statements whose plan was in the cache.", totals.plan_hits);
    out.single("howdah_plan_cache_misses_total", "counter", "Statements that had to be compiled.", totals.plan_misses);
    out.single("howdah_plan_cache_evictions_total", "counter", "Plans dropped to make room.", totals.plan_evictions);
    out.single("howdah_plan_cache_plans", "gauge", "Plans in the caches now.",
               static_cast<std::uint64_t>(totals.plans));
    out.single("howdah_plan_cache_bytes", "gauge", "Memory that they take, about.",
               static_cast<std::uint64_t>(totals.plan_bytes));
}

using Counter = std::uint64_t (*)(const pool::Snapshot&);

struct PoolNumber {
    const char *name, *type, *help;
    Counter value;
};

// Checkouts that wait are in no class yet, so `checkouts_total` leaves them out: it is the sum of the classes.
std::uint64_t finished_checkouts(const pool::Snapshot& p)
{
    return p.hit + p.handoff + p.miss + p.timeout + p.error + p.abandoned;
}

constexpr PoolNumber pool_numbers[] = {
    {"howdah_pool_checkouts_total", "counter", "Checkouts that ended; the sum of the classes.", finished_checkouts},
    {"howdah_pool_connections_in_use", "gauge", "Connections lent now.",
     [](const pool::Snapshot& p) { return std::uint64_t{p.in_use}; }},
    {"howdah_pool_connections_idle", "gauge", "Connections ready to be lent.",
     [](const pool::Snapshot& p) { return std::uint64_t{p.idle}; }},
    {"howdah_pool_connections_opening", "gauge", "Connections being opened.",
     [](const pool::Snapshot& p) { return std::uint64_t{p.opening}; }},
    {"howdah_pool_connections_peak", "gauge", "The most connections lent at once.",
     [](const pool::Snapshot& p) { return std::uint64_t{p.peak_in_use}; }},
    {"howdah_pool_connections_min", "gauge", "pool.min.", [](const pool::Snapshot& p) { return std::uint64_t{p.min}; }},
    {"howdah_pool_connections_max", "gauge", "pool.max.", [](const pool::Snapshot& p) { return std::uint64_t{p.max}; }},
    {"howdah_pool_waiting", "gauge", "Checkouts that wait now.",
     [](const pool::Snapshot& p) { return std::uint64_t{p.waiting}; }},
    {"howdah_pool_connections_created_total", "counter", "Connections opened.",
     [](const pool::Snapshot& p) { return p.created; }},
    {"howdah_pool_connect_failures_total", "counter", "Connections that could not be opened.",
     [](const pool::Snapshot& p) { return p.connect_failures; }},
    {"howdah_pool_prepared_hits_total", "counter", "Statements found prepared on their connection.",
     [](const pool::Snapshot& p) { return p.prepared_hits; }},
    {"howdah_pool_prepared_misses_total", "counter", "Statements that had to be prepared.",
     [](const pool::Snapshot& p) { return p.prepared_misses; }},
    {"howdah_pool_prepared_evictions_total", "counter", "Prepared statements dropped to make room.",
     [](const pool::Snapshot& p) { return p.prepared_evictions; }},
    {"howdah_pool_queries_total", "counter", "Commands sent to the server.",
     [](const pool::Snapshot& p) { return p.queries; }},
    {"howdah_pool_sent_bytes_total", "counter", "Bytes sent to the server.",
     [](const pool::Snapshot& p) { return p.bytes_sent; }},
    {"howdah_pool_received_bytes_total", "counter", "Bytes received from the server.",
     [](const pool::Snapshot& p) { return p.bytes_received; }},
    {"howdah_pool_cancels_total", "counter", "Statements that were cancelled on the server.",
     [](const pool::Snapshot& p) { return p.cancels; }},
    {"howdah_pool_shared_total", "counter", "Queries that joined other clients' on a connection.",
     [](const pool::Snapshot& p) { return p.shared; }},
    {"howdah_pool_grouped_total", "counter", "Queries that joined others in one round trip's transaction.",
     [](const pool::Snapshot& p) { return p.grouped; }},
    {"howdah_pool_displaced_total", "counter",
     "Queries sent again elsewhere, because a neighbour on the connection was slow, failed or was cancelled.",
     [](const pool::Snapshot& p) { return p.displaced; }},
    {"howdah_pool_rollbacks_total", "counter", "Transactions rolled back because their client left.",
     [](const pool::Snapshot& p) { return p.rollbacks; }},
};

std::initializer_list<std::pair<const char*, std::uint64_t pool::Snapshot::*>> checkout_classes()
{
    static const std::initializer_list<std::pair<const char*, std::uint64_t pool::Snapshot::*>> classes{
        {"hit", &pool::Snapshot::hit},     {"handoff", &pool::Snapshot::handoff},
        {"miss", &pool::Snapshot::miss},   {"timeout", &pool::Snapshot::timeout},
        {"error", &pool::Snapshot::error}, {"abandoned", &pool::Snapshot::abandoned}};
    return classes;
}

void write_pools(Exposition& out, const std::vector<pool::Snapshot>& pools)
{
    for (const auto& number : pool_numbers) {
        out.family(number.name, number.type, number.help);
        for (const auto& p : pools)
            out.sample({{"server", p.server}}, number.value(p));
    }
    out.family("howdah_pool_checkout_classes_total", "counter",
               "Checkouts by how they ended: hit (a connection was ready), handoff (waited, got a returned one), miss "
               "(one was opened for it), "
               "timeout, error, abandoned.");
    for (const auto& p : pools)
        for (const auto& [name, member] : checkout_classes())
            out.sample({{"server", p.server}, {"class", name}}, p.*member);
    out.family("howdah_pool_connections_closed_total", "counter", "Connections closed, and why.");
    for (const auto& p : pools)
        for (const auto& [reason, count] : p.closed)
            out.sample({{"server", p.server}, {"reason", reason}}, count);
    out.family("howdah_pool_oldest_wait_seconds", "gauge", "How long the first in the queue has waited.");
    for (const auto& p : pools)
        out.sample({{"server", p.server}}, p.oldest_wait_seconds);
    out.family("howdah_pool_tls_info", "gauge", "Always 1; the TLS version of the newest connection is in the label.");
    for (const auto& p : pools)
        out.sample({{"server", p.server}, {"version", p.tls_version.empty() ? "none" : p.tls_version}},
                   std::uint64_t{1});
    out.family("howdah_pool_tls_certificate_expiry_timestamp_seconds", "gauge",
               "When the server's certificate expires.");
    for (const auto& p : pools)
        if (p.tls_not_after != 0)
            out.sample({{"server", p.server}}, static_cast<double>(p.tls_not_after));
    out.family("howdah_pool_wait_seconds", "histogram", "How long checkouts waited.");
    for (const auto& p : pools)
        out.histogram(p.server, p.wait);
    out.family("howdah_pool_run_seconds", "histogram",
               "How long the server took, from sending to the last byte of the answer.");
    for (const auto& p : pools)
        out.histogram(p.server, p.run);
}

// JSON objects and arrays, member by member.
class Json {
public:
    void open(char bracket)
    {
        separate();
        text_ += bracket;
        first_ = true;
    }
    void close(char bracket)
    {
        text_ += bracket;
        first_ = false;
    }
    void key(std::string_view name)
    {
        separate();
        append_json_string(text_, name);
        text_ += ':';
        first_ = true;
    }
    void value(std::string_view text)
    {
        separate();
        append_json_string(text_, is_utf8(text) ? text : "(not UTF-8)");
    }
    void value(bool boolean) { raw(boolean ? "true" : "false"); }
    void value(double number) { raw(number_text(number)); }
    void value(std::uint64_t number) { raw(number_text(number)); }
    void value(const std::map<std::string, std::uint64_t>& values)
    {
        open('{');
        for (const auto& [name, number] : values)
            member(name, number);
        close('}');
    }
    void value(const pool::Histogram& histogram)
    {
        open('{');
        member("count", histogram.count);
        member("sum_seconds", histogram.sum);
        key("buckets");
        open('[');
        for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
            open('{');
            if (i < histogram.bounds.size())
                member("le", histogram.bounds[i]);
            else
                member("le", std::string_view("+Inf"));
            member("count", histogram.counts[i]);
            close('}');
        }
        close(']');
        close('}');
    }
    template <typename T>
    void member(std::string_view name, const T& content)
    {
        key(name);
        value(content);
    }
    std::string take() { return std::move(text_); }

private:
    void separate()
    {
        if (!std::exchange(first_, false))
            text_ += ',';
    }
    void raw(std::string_view text)
    {
        separate();
        text_ += text;
    }

    std::string text_;
    bool first_ = true;
};

void write_pool(Json& out, const pool::Snapshot& p)
{
    out.open('{');
    out.member("server", std::string_view(p.server));
    out.member("checkouts", finished_checkouts(p));
    for (const auto& [name, member] : checkout_classes())
        out.member(name, p.*member);
    for (const auto& [name, number] : {std::pair{"in_use", p.in_use},
                                       {"idle", p.idle},
                                       {"opening", p.opening},
                                       {"waiting", p.waiting},
                                       {"peak_in_use", p.peak_in_use},
                                       {"min", p.min},
                                       {"max", p.max}})
        out.member(name, std::uint64_t{number});
    for (const auto& [name, number] : {std::pair{"created", p.created},
                                       {"connect_failures", p.connect_failures},
                                       {"prepared_hits", p.prepared_hits},
                                       {"prepared_misses", p.prepared_misses},
                                       {"prepared_evictions", p.prepared_evictions},
                                       {"queries", p.queries},
                                       {"bytes_sent", p.bytes_sent},
                                       {"bytes_received", p.bytes_received},
                                       {"cancels", p.cancels},
                                       {"shared", p.shared},
                                       {"grouped", p.grouped},
                                       {"displaced", p.displaced},
                                       {"rollbacks", p.rollbacks}})
        out.member(name, number);
    out.member("closed", p.closed);
    out.member("oldest_wait_seconds", p.oldest_wait_seconds);
    out.member("tls_version", std::string_view(p.tls_version));
    out.member("tls_not_after", static_cast<double>(p.tls_not_after));
    out.member("last_error", std::string_view(p.last_error));
    out.member("wait", p.wait);
    out.member("run", p.run);
    out.close('}');
}

void write_totals(Json& out, const Totals& totals)
{
    auto connected = totals.clients;
    auto accepted = totals.clients_total;
    out.member("clients", with_front_ends(connected));
    out.member("clients_total", with_front_ends(accepted));
    out.member("clients_refused", totals.clients_refused);
    out.member("auth_failures", totals.auth_failures);
    out.member("pins", totals.pins);
    out.member("writers_waiting", totals.writers_waiting);
    for (const auto& [name, number] : {std::pair{"statements", totals.statements},
                                       {"errors", totals.errors},
                                       {"refused", totals.refused},
                                       {"local", totals.local},
                                       {"retries_exact", totals.retries_exact},
                                       {"retries_stale", totals.retries_stale},
                                       {"retries_conflict", totals.retries_conflict},
                                       {"write_groups", totals.write_groups},
                                       {"grouped_writes", totals.grouped_writes},
                                       {"joined_writes", totals.joined_writes},
                                       {"row_transactions", totals.row_transactions},
                                       {"row_transactions_left", totals.row_transactions_left},
                                       {"sent_ahead", totals.sent_ahead},
                                       {"promotions", totals.promotions},
                                       {"compiler_bugs", totals.compiler_bugs},
                                       {"crashes", totals.crashes},
                                       {"plan_hits", totals.plan_hits},
                                       {"plan_misses", totals.plan_misses},
                                       {"plan_evictions", totals.plan_evictions},
                                       {"plans", std::uint64_t{totals.plans}},
                                       {"plan_bytes", std::uint64_t{totals.plan_bytes}}})
        out.member(name, number);
}

} // namespace

std::string label_value(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '\\' || c == '"')
            out += '\\';
        out += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    return out + "\"";
}

std::string metrics_text(const Picture& picture)
{
    Exposition out;
    write_process(out, picture);
    write_clients(out, picture.totals);
    write_statements(out, picture.totals);
    write_pools(out, picture.pools);
    return out.take();
}

std::string stats_json(const Picture& picture)
{
    Json out;
    out.open('{');
    out.member("version", std::string_view(picture.version));
    out.member("ready", picture.ready);
    out.member("draining", picture.draining);
    out.member("uptime_seconds", picture.uptime_seconds);
    out.member("start_time_seconds", picture.start_time_seconds);
    out.member("cpu_seconds", picture.cpu_seconds);
    out.member("resident_bytes", picture.resident_bytes);
    out.member("client_tls_not_after", static_cast<double>(picture.client_tls_not_after));
    write_totals(out, picture.totals);
    out.key("pools");
    out.open('[');
    for (const auto& p : picture.pools)
        write_pool(out, p);
    out.close(']');
    out.close('}');
    return out.take() + "\n";
}

} // namespace howdah::proxy::http
