// Conversations on the PostgreSQL wire as text: what tests/wire/*.trace are made of.
//
//   F  a message of the client, spelt as trace() spells it        >  what the front end asks of the session
//   <  what the session answers                                   B  a message of the server
//
// F and < lines are the script; > and B lines are what must come of it. Answers:
//   describes [parameters "?1" …] [columns "a" integer …]
//   columns "a" integer "b" text … | rewind | row 1 'x' NULL 1.5 x'00' | done "SELECT 1" | suspended | empty
//   error 42601 "message" [at 8] | ok          each may end with `in transaction`
#pragma once

#include "proxy/pgwire/conversation.hpp"
#include "proxy/pgwire/decode.hpp"
#include "proxy/pgwire/number_text.hpp"
#include "proxy/pgwire/trace.hpp"

#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::test {

using namespace howdah::proxy::pgwire;
namespace pg = howdah::proxy;

// --------------------------------------------------------------------------------------------------- reading lines

struct Word {
    char quote = 0; // 0, '"' or '\''
    std::string text;
    bool is(std::string_view s) const { return quote == 0 && text == s; }
};

inline char unescape(std::string_view line, std::size_t& i)
{
    if (line[i] != '\\')
        return line[i];
    const char c = line[++i];
    if (c == 'n')
        return '\n';
    if (c != 'x')
        return c;
    int n = 0;
    std::from_chars(line.data() + i + 1, line.data() + i + 3, n, 16);
    i += 2;
    return static_cast<char>(n);
}

inline std::vector<Word> words_of(std::string_view line)
{
    std::vector<Word> words;
    for (std::size_t i = 0; i < line.size();) {
        if (line[i] == ' ') {
            ++i;
            continue;
        }
        Word w;
        if (line[i] == '"' || line[i] == '\'') {
            w.quote = line[i++];
            for (; i < line.size() && line[i] != w.quote; ++i)
                w.text += unescape(line, i);
            ++i;
        } else {
            for (; i < line.size() && line[i] != ' ' && line[i] != '\''; ++i)
                w.text += line[i];
        }
        words.push_back(std::move(w));
    }
    return words;
}

inline int int_of(const Word& w) { return std::stoi(w.text); }

// ------------------------------------------------------------------------------------------ a client's message as
// bytes

class ClientMessage {
public:
    explicit ClientMessage(char type) : type_(type) {}
    ClientMessage& int16(int n)
    {
        body_ += static_cast<char>(n >> 8);
        body_ += static_cast<char>(n);
        return *this;
    }
    ClientMessage& int32(std::int64_t n)
    {
        for (int shift = 24; shift >= 0; shift -= 8)
            body_ += static_cast<char>(n >> shift);
        return *this;
    }
    ClientMessage& string(std::string_view s)
    {
        body_ += s;
        body_ += '\0';
        return *this;
    }
    ClientMessage& bytes(std::string_view s)
    {
        body_ += s;
        return *this;
    }
    std::string done() const
    {
        ClientMessage length(0);
        length.int32(static_cast<std::int64_t>(body_.size()) + 4);
        return (type_ == 0 ? std::string() : std::string(1, type_)) + length.body_ + body_;
    }

private:
    char type_;
    std::string body_;
};

inline std::string bind_bytes(const std::vector<Word>& w)
{
    std::vector<int> formats, results;
    std::vector<const Word*> values;
    std::vector<int>* numbers = nullptr;
    for (std::size_t i = 3; i < w.size(); ++i) {
        if (w[i].is("formats"))
            numbers = &formats;
        else if (w[i].is("results"))
            numbers = &results;
        else if (w[i].quote == '\'' || w[i].is("NULL"))
            values.push_back(&w[i]);
        else
            numbers->push_back(int_of(w[i]));
    }
    ClientMessage m('B');
    m.string(w[1].text).string(w[2].text).int16(static_cast<int>(formats.size()));
    for (const int f : formats)
        m.int16(f);
    m.int16(static_cast<int>(values.size()));
    for (const Word* v : values)
        v->quote == 0 ? m.int32(-1) : m.int32(static_cast<std::int64_t>(v->text.size())).bytes(v->text);
    m.int16(static_cast<int>(results.size()));
    for (const int f : results)
        m.int16(f);
    return m.done();
}

// The bytes of an F line (without "F  ").
inline std::string client_bytes(std::string_view line)
{
    const std::vector<Word> w = words_of(line);
    const std::string& kind = w.at(0).text;
    if (kind == "Query")
        return ClientMessage('Q').string(w[1].text).done();
    if (kind == "Parse") {
        ClientMessage m('P');
        m.string(w[1].text).string(w[2].text).int16(static_cast<int>(w.size()) - 3);
        for (std::size_t i = 3; i < w.size(); ++i)
            m.int32(int_of(w[i]));
        return m.done();
    }
    if (kind == "Bind")
        return bind_bytes(w);
    if (kind == "Describe")
        return ClientMessage('D').bytes(w[1].text).string(w[2].text).done();
    if (kind == "Close")
        return ClientMessage('C').bytes(w[1].text).string(w[2].text).done();
    if (kind == "Execute")
        return ClientMessage('E').string(w[1].text).int32(w.size() > 2 ? int_of(w[2]) : 0).done();
    if (kind == "Bytes")
        return w[1].text;
    for (const auto& [name, type] : {std::pair{"Sync", 'S'},
                                     {"Flush", 'H'},
                                     {"Terminate", 'X'},
                                     {"FunctionCall", 'F'},
                                     {"CopyData", 'd'},
                                     {"CopyDone", 'c'},
                                     {"CopyFail", 'f'}})
        if (kind == name)
            return ClientMessage(type).done();
    throw std::runtime_error("unknown message: " + std::string(line));
}

inline std::string startup_bytes(int version, const std::vector<std::string>& parameters)
{
    ClientMessage m(0);
    m.int32(version);
    for (const auto& p : parameters)
        m.string(p);
    return m.bytes(std::string_view("\0", 1)).done();
}

// -------------------------------------------------------------------------------------------------- what is asked

inline std::string value_text(const pg::Value& v)
{
    if (const auto* i = std::get_if<std::int64_t>(&v))
        return std::to_string(*i);
    if (const auto* r = std::get_if<double>(&v)) {
        std::string text;
        append_float8(text, *r);
        return text;
    }
    if (const auto* t = std::get_if<std::string>(&v))
        return quoted(*t, '\'');
    if (const auto* b = std::get_if<pg::Blob>(&v))
        return "x" + quoted(b->bytes, '\'');
    return "NULL";
}

inline std::string values_text(std::span<const pg::Value> values)
{
    std::string text;
    for (const auto& v : values)
        text += " " + value_text(v);
    return text;
}

struct AskText {
    std::string operator()(const AskDescribe& a) const
    {
        return "describe " + quoted(a.sql, '"') + values_text(a.samples);
    }
    std::string operator()(const AskRun& a) const
    {
        std::string text = "run " + quoted(a.sql, '"') + values_text(a.parameters);
        if (a.options.max_rows != 0)
            text += " at most " + std::to_string(a.options.max_rows) + " into " + quoted(a.options.portal, '"');
        for (const auto& p : a.options.raw_parameters)
            text += " raw " + (p.bytes ? quoted(*p.bytes, '\'') : "NULL") + " " + std::to_string(p.type);
        return text;
    }
    std::string operator()(const AskFetch& a) const
    {
        return "fetch " + quoted(a.portal, '"') + " " + std::to_string(a.max_rows);
    }
    std::string operator()(const AskClosePortal& a) const { return "close " + quoted(a.portal, '"'); }
    std::string operator()(const AskSync&) const { return "sync"; }
    std::string operator()(const AskReset&) const { return "reset"; }
    std::string operator()(const WriteOutput&) const { return "write"; }
};

// -------------------------------------------------------------------------------------------------- what is answered

struct Answer {
    bool describes = false, ends = false, transaction = false;
    pg::Description description;
    pg::Outcome outcome;
    std::vector<pg::Column> columns;
    std::vector<pg::Value> row;
    bool is_row = false, is_rewind = false;
};

inline pg::ColumnKind kind_named(const std::string& name)
{
    const std::vector<std::string> names{"integer", "real", "text", "blob", "number", "dynamic"};
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name)
            return static_cast<pg::ColumnKind>(i);
    throw std::runtime_error("unknown kind of column: " + name);
}

inline std::vector<pg::Column> read_columns(const std::vector<Word>& w, std::size_t& i)
{
    std::vector<pg::Column> columns;
    while (i + 1 < w.size() && w[i].quote == '"') {
        columns.push_back({w[i].text, {}, kind_named(w[i + 1].text)});
        i += 2;
    }
    return columns;
}

inline pg::Value read_value(const std::vector<Word>& w, std::size_t& i)
{
    const Word& v = w[i++];
    if (v.quote == '\'')
        return v.text;
    if (v.is("x") && i < w.size())
        return pg::Blob{w[i++].text};
    if (v.is("NULL"))
        return {};
    if (v.text.find_first_of(".ein") != std::string::npos)
        return std::stod(v.text);
    return static_cast<std::int64_t>(std::stoll(v.text));
}

inline Answer read_answer(std::string_view line)
{
    const std::vector<Word> w = words_of(line);
    Answer a;
    const std::string& kind = w.at(0).text;
    std::size_t i = 1;
    if (kind == "describes") {
        a.describes = a.ends = true;
        if (i < w.size() && w[i].is("parameters"))
            for (++i; i < w.size() && w[i].quote == '"'; ++i)
                a.description.parameter_names.push_back(w[i].text);
        a.description.parameter_count = static_cast<int>(a.description.parameter_names.size());
        if (i < w.size() && w[i].is("columns"))
            a.description.columns = read_columns(w, ++i);
        a.description.has_columns = !a.description.columns.empty();
    } else if (kind == "columns") {
        a.columns = read_columns(w, i);
    } else if (kind == "rewind") {
        a.is_rewind = true;
    } else if (kind == "row") {
        a.is_row = true;
        while (i < w.size())
            a.row.push_back(read_value(w, i));
    } else {
        a.ends = true;
        if (kind == "done")
            a.outcome.tag = w[i++].text;
        else if (kind == "suspended")
            a.outcome.suspended = true;
        else if (kind == "empty")
            a.outcome.is_empty = true;
        else if (kind == "error") {
            pg::ClientError e;
            e.sqlstate = w[i++].text;
            e.message = w[i++].text;
            if (i < w.size() && w[i].is("at")) {
                e.position = int_of(w[i + 1]);
                i += 2;
            }
            a.description.error = e;
            a.outcome.error = e;
        } else if (kind != "ok") {
            throw std::runtime_error("unknown answer: " + std::string(line));
        }
        a.transaction = i + 1 < w.size() && w[i].is("in") && w[i + 1].is("transaction");
    }
    return a;
}

// ------------------------------------------------------------------------------------------------------- the player

// SQLite's rule is not needed here: a semicolon outside of quotes ends a statement.
inline std::size_t split_at_semicolon(std::string_view script)
{
    char quote = 0;
    for (std::size_t i = 0; i < script.size(); ++i) {
        if (quote != 0)
            quote = script[i] == quote ? char(0) : quote;
        else if (script[i] == '\'' || script[i] == '"')
            quote = script[i];
        else if (script[i] == ';')
            return i + 1;
    }
    return script.size();
}

inline bool blank(std::string_view sql)
{
    const std::size_t first = sql.find_first_not_of(" \t\r\n;");
    return first == std::string_view::npos || sql.substr(first).starts_with("--");
}

inline ConversationOptions test_options()
{
    return {.process_id = 42, .first_statement = split_at_semicolon, .is_blank = blank};
}

struct ScriptLine {
    char kind;
    std::string text;
};

// One conversation: the lines between two blank ones, with the comments above it.
struct WireScript {
    std::string title;
    std::vector<ScriptLine> lines;

    std::vector<std::string> of(char kind) const
    {
        std::vector<std::string> found;
        for (const auto& l : lines)
            if (l.kind == kind)
                found.push_back(l.text);
        return found;
    }
};

inline std::vector<WireScript> read_scripts(std::string_view text)
{
    std::vector<WireScript> scripts(1);
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string line(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) {
            if (!scripts.back().lines.empty())
                scripts.emplace_back();
        } else if (line[0] == '#') {
            scripts.back().title += line + "\n";
        } else {
            scripts.back().lines.push_back({line[0], line.size() > 3 ? line.substr(3) : ""});
        }
    }
    if (scripts.back().lines.empty())
        scripts.pop_back();
    return scripts;
}

// Plays the F and < lines, the bytes `step` at a time, and writes the whole conversation down.
inline std::string play(const WireScript& script, std::size_t step, std::string* sent = nullptr)
{
    Conversation conversation(Settings("ann", "main", "15.20 (howdah)"), test_options());
    Decoder decoder(1U << 20U);
    decoder.enter(Decoder::Phase::running);
    const std::vector<std::string> answers = script.of('<');
    std::size_t next_answer = 0;
    std::string transcript;
    const auto tell = [&] {
        transcript += trace_backend(conversation.output());
        if (sent != nullptr)
            *sent += conversation.output();
        conversation.output().clear();
    };
    const auto answer = [&](const Action& action) {
        if (std::holds_alternative<WriteOutput>(action))
            return;
        while (true) {
            if (next_answer == answers.size())
                throw std::runtime_error("no answer left for: " + std::visit(AskText{}, action));
            transcript += "<  " + answers[next_answer] + "\n";
            Answer a = read_answer(answers[next_answer++]);
            std::vector<pg::ValueView> views;
            for (const auto& v : a.row)
                views.push_back(dialect::view(v));
            if (!a.columns.empty())
                conversation.columns(a.columns);
            else if (a.is_rewind)
                conversation.rewind();
            else if (a.is_row)
                conversation.row(views);
            else if (std::holds_alternative<AskDescribe>(action))
                return conversation.described(std::move(a.description));
            else if (std::holds_alternative<AskRun>(action) || std::holds_alternative<AskFetch>(action))
                return conversation.ran(std::move(a.outcome), !a.transaction);
            else
                return conversation.done(!a.transaction);
        }
    };
    for (const std::string& line : script.of('F')) {
        transcript += "F  " + line + "\n";
        std::string bytes = client_bytes(line);
        for (std::size_t i = 0; i < bytes.size(); i += step) {
            decoder.feed(std::string_view(bytes).substr(i, step));
            while (const auto message = decoder.next()) {
                conversation.on(*message);
                while (const auto action = conversation.next_action()) {
                    tell();
                    transcript += ">  " + std::visit(AskText{}, *action) + "\n";
                    answer(*action);
                }
                tell();
            }
        }
    }
    if (conversation.over())
        transcript += "B  (closed)\n";
    return transcript;
}

} // namespace howdah::test
