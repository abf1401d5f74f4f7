// What a client will ask next, read off the messages that it has sent already. See conversation.hpp.
//
// Only what is mostly sent so is foreseen: statements of a script, and runs of prepared statements by way of the
// unnamed portal. Everything else ends the foresight.
#include "conversation.hpp"
#include "conversation_state.hpp"
#include "decode.hpp"

namespace howdah::proxy::pgwire {

// Around a read-only transaction the conversation asks for a PRAGMA of its own.
Conversation::Foresight::Foresight(const Conversation& conversation)
    : conversation_(conversation),
      rest_(conversation.rest_),
      over_(conversation.session_portals_ || conversation.query_only_ || conversation.settings_.read_only() ||
            (conversation.current_ && conversation.current_->statement->read_only))
{
}

std::optional<Foreseen> Conversation::Foresight::next(Decoder& decoder)
{
    while (!over_) {
        if (auto foreseen = next_of_script())
            return foreseen;
        const auto message = over_ ? std::nullopt : decoder.next();
        if (!message)
            break;
        if (auto foreseen = on(*message))
            return foreseen;
    }
    return std::nullopt;
}

bool Conversation::Foresight::runs_as_it_is(const Prepared& statement) const
{
    return !statement.empty && !statement.is_chatter() && !statement.read_only && !statement.description.raw;
}

std::optional<Foreseen> Conversation::Foresight::next_of_script()
{
    const auto sql = over_ ? std::nullopt : next_statement(rest_, conversation_.options_);
    if (!sql)
        return std::nullopt;
    prepared_ = std::make_shared<Prepared>();
    prepared_->take(*sql);
    if (!runs_as_it_is(*prepared_))
        return end();
    return Foreseen{prepared_->sql, {}};
}

std::optional<Foreseen> Conversation::Foresight::on(const Message& message)
{
    if (over_)
        return std::nullopt;
    if (const auto* query = std::get_if<Query>(&message)) {
        portal_.reset();
        unnamed_ = nullptr;
        rest_ = query->sql;
        return std::nullopt;
    }
    if (const auto* parse = std::get_if<Parse>(&message))
        return parsed(*parse);
    if (const auto* bind = std::get_if<Bind>(&message))
        return bound(*bind);
    if (const auto* describe = std::get_if<Describe>(&message)) {
        const bool of_portal = describe->kind == 'P' && describe->name.empty() && portal_;
        return of_portal ? std::nullopt : end();
    }
    if (const auto* execute = std::get_if<Execute>(&message)) {
        const auto portal = std::exchange(portal_, nullptr);
        if (!portal || !execute->portal.empty() || (execute->max_rows > 0 && prepared_->description.has_columns))
            return end();
        return Foreseen{prepared_->sql, std::move(portal->values)};
    }
    if (std::holds_alternative<Flush>(message))
        return std::nullopt;
    portal_.reset(); // outside of a transaction Sync forgets it
    return std::holds_alternative<Sync>(message) ? std::nullopt : end();
}

// What a statement's parameters are is known only of one that was parsed before: many drivers parse it for each run.
std::nullopt_t Conversation::Foresight::parsed(const Parse& m)
{
    if (!m.statement.empty())
        return end();
    const auto before = unnamed_ ? *unnamed_ : conversation_.find_statement({});
    if (!before || before->sql != m.sql || before->declared != m.types)
        return end();
    auto again = std::make_shared<Prepared>(*before);
    again->types_told = false;
    unnamed_ = std::move(again);
    return std::nullopt;
}

std::optional<Foreseen> Conversation::Foresight::bound(const Bind& m)
{
    prepared_ = m.statement.empty() && unnamed_ ? *unnamed_ : conversation_.find_statement(m.statement);
    if (!m.portal.empty() || !prepared_ || !runs_as_it_is(*prepared_) ||
        m.values.size() != prepared_->numbering.types.size())
        return end();
    portal_ = std::make_shared<Portal>();
    if (conversation_.bind_values(m, *prepared_, *portal_))
        return end();
    return std::nullopt;
}

} // namespace howdah::proxy::pgwire
