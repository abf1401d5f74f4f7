// What a Conversation keeps of prepared statements and portals. Only conversation*.cpp include this.
#pragma once

#include "conversation.hpp"
#include "literal_casts.hpp"

#include <algorithm>

namespace howdah::proxy::pgwire {

struct Conversation::Prepared : std::enable_shared_from_this<Conversation::Prepared> {
    std::string sql;
    std::optional<chatter::Chatter> chatter; // answered here; the session never sees it
    std::optional<bool> read_only;           // of the transaction that it begins
    bool rewritten = false;                  // sql is not the client's text: positions mean nothing
    const char* client_text = nullptr;       // where it stands in the Query message
    bool empty = false;                      // there was no statement in the text
    std::vector<Oid> declared;               // as Parse declared them
    Numbering numbering;
    Description description;
    std::uint64_t described_at = 0;      // epoch_ of description
    bool types_told = false;             // ParameterDescription was sent: the client knows the types
    std::shared_ptr<const ResultShape> promised; // as the client was told last; null: nothing

    bool is_chatter() const { return chatter.has_value(); }
    void take(std::string_view text)
    {
        client_text = text.data();
        chatter = chatter::recognize(text);
        const auto* rewrite = chatter ? std::get_if<chatter::Rewrite>(&*chatter) : nullptr;
        rewritten = rewrite != nullptr;
        sql = rewritten ? rewrite->sql : std::string(text);
        read_only = rewritten ? rewrite->read_only : std::nullopt;
        if (rewritten)
            chatter.reset();
        if (auto plain = chatter || rewritten ? std::nullopt : without_literal_casts(text)) {
            sql = std::move(*plain);
            rewritten = true;
        }
    }
    std::size_t offset_in(std::string_view script) const
    {
        return static_cast<std::size_t>(client_text - script.data());
    }
};

struct Conversation::Portal : std::enable_shared_from_this<Conversation::Portal> {
    enum class State {
        fresh,     // not run yet
        suspended, // has given some rows and holds the rest
        finished,  // has given all
    };
    std::string name;
    std::shared_ptr<Prepared> statement;
    std::vector<Value> values;            // by SQLite's number
    std::vector<RawParameter> raw_values; // of a statement that goes to PostgreSQL untouched
    std::vector<std::int16_t> formats;    // of the result
    State state = State::fresh;
    std::shared_ptr<const ResultShape> shape; // null: no columns
    std::size_t width() const { return shape ? shape->width() : 0; }
};

// Nothing but spaces, comments and semicolons.
inline bool is_empty_statement(std::string_view sql, const ConversationOptions& options)
{
    while (!sql.empty() && (sql.back() == ';' || sql.back() == ' ' || (sql.back() >= '\t' && sql.back() <= '\r')))
        sql.remove_suffix(1);
    return sql.empty() || options.is_blank(sql);
}

// Cuts the next statement that is not empty off `rest`; nullopt: there is none left.
inline std::optional<std::string_view> next_statement(std::string_view& rest, const ConversationOptions& options)
{
    while (!rest.empty()) {
        const std::size_t length = std::clamp<std::size_t>(options.first_statement(rest), 1, rest.size());
        const std::string_view sql = rest.substr(0, length);
        rest.remove_prefix(length);
        if (!is_empty_statement(sql, options))
            return sql;
    }
    return std::nullopt;
}

// What an answer to chatter looks like; empty when it has no rows.
std::vector<RawColumn> chatter_columns(const chatter::Chatter& chatter);

} // namespace howdah::proxy::pgwire
