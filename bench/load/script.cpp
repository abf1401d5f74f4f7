#include "script.hpp"

#include <charconv>
#include <stdexcept>

namespace howdah::bench {

namespace {

std::uint64_t next(std::uint64_t& x) // xorshift64*
{
    x ^= x >> 12U;
    x ^= x << 25U;
    x ^= x >> 27U;
    return x * 0x2545F4914F6CDD1DULL;
}

std::int64_t between(std::uint64_t& random, std::int64_t from, std::int64_t to)
{
    return from + static_cast<std::int64_t>(next(random) % static_cast<std::uint64_t>(to - from + 1));
}

void append_number(std::string& out, std::int64_t n)
{
    char text[24];
    const auto end = std::to_chars(text, text + sizeof text, n).ptr;
    out.append(text, end);
}

void append16(std::string& out, unsigned n)
{
    out.push_back(static_cast<char>(n >> 8U));
    out.push_back(static_cast<char>(n));
}

void append32(std::string& out, std::uint32_t n)
{
    append16(out, n >> 16U);
    append16(out, n & 0xFFFFU);
}

void put32(std::string& out, std::size_t at, std::uint32_t n)
{
    for (unsigned i = 0; i < 4; ++i)
        out[at + i] = static_cast<char>(n >> (24U - 8U * i));
}

constexpr std::uint32_t oid_int8 = 20;
const std::string zero(1, '\0');

} // namespace

std::string frame(char type, std::string_view body)
{
    std::string out;
    if (type != '\0')
        out.push_back(type);
    append32(out, static_cast<std::uint32_t>(body.size() + 4));
    return out.append(body);
}

Variables Script::choose(std::uint64_t& random, std::int64_t client, std::int64_t sequence) const
{
    if (transaction) // account, teller, branch, delta
        return {between(random, 1, accounts),
                between(random, 1, tellers),
                between(random, 1, branches),
                between(random, 1, 1000),
                client,
                sequence};
    return {between(random, 1, spread), client, sequence, 0, 0, 0};
}

Script make_script(const std::string& workload, std::int64_t keys, const std::string& sql)
{
    using Check = Step::Check;
    if (workload == "select")
        return {.steps = {{.sql = "SELECT id, v FROM kv WHERE id = {0}", .check = Check::row}}, .spread = keys};
    if (workload == "rows1000")
        return {.steps = {{.sql = "SELECT id, v FROM kv WHERE id >= {0} ORDER BY id LIMIT 1000",
                           .check = Check::range,
                           .rows = 1000}},
                .spread = keys - 999};
    if (workload == "blob")
        return {.steps = {{.sql = "SELECT id, data FROM blobs WHERE id = {0}", .check = Check::blob, .size = 1 << 20}},
                .spread = 16};
    if (workload == "insert")
        return {.steps = {{.sql = "INSERT INTO journal(client, sequence, v) VALUES ({1}, {2}, 'a line of about a "
                                  "hundred bytes, as a "
                                  "log or an event or a measurement with its unit would have it')",
                           .check = Check::tag,
                           .tag = "INSERT 0 1"}}};
    if (workload == "tpcb")
        return {
            .steps =
                {{.sql = "BEGIN"},
                 {.sql = "UPDATE accounts SET abalance = abalance + {3} WHERE aid = {0}",
                  .check = Check::tag,
                  .tag = "UPDATE 1"},
                 {.sql = "SELECT aid, abalance FROM accounts WHERE aid = {0}", .check = Check::range, .rows = 1},
                 {.sql = "UPDATE tellers SET tbalance = tbalance + {3} WHERE tid = {1}",
                  .check = Check::tag,
                  .tag = "UPDATE 1"},
                 {.sql = "UPDATE branches SET bbalance = bbalance + {3} WHERE bid = {2}",
                  .check = Check::tag,
                  .tag = "UPDATE 1"},
                 {.sql =
                      "INSERT INTO history(tid, bid, aid, delta, mtime) VALUES ({1}, {2}, {0}, {3}, CURRENT_TIMESTAMP)",
                  .check = Check::tag,
                  .tag = "INSERT 0 1"},
                 {.sql = "COMMIT"}},
            .transaction = true,
            .accounts = 100000,
            .tellers = 1000,
            .branches = 100};
    if (workload == "sql")
        return {.steps = {{.sql = sql}}, .spread = keys};
    throw std::runtime_error("no such workload: " + workload);
}

Encoder::Encoder(const Step& step, std::size_t number, Wire wire, Mode mode) : wire_(wire), mode_(mode)
{
    std::size_t at = 0;
    for (std::size_t brace; (brace = step.sql.find('{', at)) != std::string::npos; at = brace + 3) {
        pieces_.push_back(step.sql.substr(at, brace - at));
        variables_.push_back(static_cast<std::size_t>(step.sql[brace + 1] - '0'));
    }
    pieces_.push_back(step.sql.substr(at));

    std::string text;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
        text += pieces_[i];
        if (i < variables_.size())
            text += wire == Wire::lines ? "?" : "$" + std::to_string(i + 1);
    }
    if (wire == Wire::lines) {
        before_ = R"({"sql":")" + text + R"(","params":[)";
        after_ = "]}\n";
        return;
    }
    if (mode == Mode::simple)
        return;
    const std::string name = mode == Mode::prepared ? "s" + std::to_string(number) : "";
    std::string parse = name + zero + text + zero;
    append16(parse, static_cast<unsigned>(variables_.size()));
    for (std::size_t i = 0; i < variables_.size(); ++i)
        append32(parse, oid_int8);
    (mode == Mode::prepared ? preparation_ : before_) = frame('P', parse);
    if (mode == Mode::prepared)
        preparation_ += frame('S', "");
    // Bind with text parameters, its length still to come.
    before_ += 'B';
    bind_length_ = before_.size();
    before_ += std::string(4, '\0') + zero + name + zero + std::string(2, '\0');
    append16(before_, static_cast<unsigned>(variables_.size()));
    after_ = step.check == Step::Check::blob ? std::string{0, 2, 0, 0, 0, 1} : std::string{0, 0}; // result formats
    bind_tail_ = after_.size();
    after_ += frame('D', "P" + zero) + frame('E', zero + std::string(4, '\0')) + frame('S', "");
}

void Encoder::append(std::string& out, const Variables& variables) const
{
    if (wire_ == Wire::lines)
        return append_lines(out, variables);
    return mode_ == Mode::simple ? append_simple(out, variables) : append_bound(out, variables);
}

void Encoder::append_simple(std::string& out, const Variables& variables) const
{
    const std::size_t start = out.size() + 1;
    out.append("Q\0\0\0\0", 5);
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
        out += pieces_[i];
        if (i < variables_.size())
            append_number(out, variables[variables_[i]]);
    }
    out.push_back('\0');
    put32(out, start, static_cast<std::uint32_t>(out.size() - start));
}

void Encoder::append_bound(std::string& out, const Variables& variables) const
{
    const std::size_t start = out.size() + bind_length_;
    out += before_;
    for (const std::size_t v : variables_) {
        const std::size_t length = out.size();
        append32(out, 0);
        append_number(out, variables[v]);
        put32(out, length, static_cast<std::uint32_t>(out.size() - length - 4));
    }
    put32(out, start, static_cast<std::uint32_t>(out.size() + bind_tail_ - start));
    out += after_;
}

void Encoder::append_lines(std::string& out, const Variables& variables) const
{
    if (mode_ == Mode::simple) {
        for (std::size_t i = 0; i < pieces_.size(); ++i) {
            out += pieces_[i];
            if (i < variables_.size())
                append_number(out, variables[variables_[i]]);
        }
        out.push_back('\n');
        return;
    }
    out += before_;
    for (std::size_t i = 0; i < variables_.size(); ++i) {
        if (i != 0)
            out.push_back(',');
        append_number(out, variables[variables_[i]]);
    }
    out += after_;
}

} // namespace howdah::bench
