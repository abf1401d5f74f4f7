// See login.hpp.
#include "login.hpp"

#include "encode.hpp"
#include "wire_error.hpp"

#include <algorithm>
#include <array>

namespace howdah::proxy::pgwire {

std::vector<std::pair<std::string, std::string>> parse_options(std::string_view options)
{
    std::vector<std::string> words;
    bool in_word = false;
    for (std::size_t i = 0; i < options.size(); ++i) {
        char c = options[i];
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            in_word = false;
            continue;
        }
        if (c == '\\' && i + 1 < options.size())
            c = options[++i];
        if (!in_word)
            words.emplace_back();
        in_word = true;
        words.back() += c;
    }
    std::vector<std::pair<std::string, std::string>> parameters;
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::string setting;
        if (words[i] == "-c" && i + 1 < words.size())
            setting = words[++i];
        else if ((words[i].starts_with("-c") || words[i].starts_with("--")) && words[i].size() > 2)
            setting = words[i].substr(2);
        const std::size_t equals = setting.find('=');
        if (equals == std::string::npos)
            continue;
        std::string name = setting.substr(0, equals);
        std::replace(name.begin(), name.end(), '-', '_');
        parameters.emplace_back(std::move(name), setting.substr(equals + 1));
    }
    return parameters;
}

Login::Step Login::fail(ClientError error)
{
    error.fatal = true;
    error_response(out_, error, 0);
    return Step::end;
}

void Login::tls_started(std::string binding)
{
    tls_ = true;
    binding_ = std::move(binding);
}

Login::Step Login::on(const Message& message)
{
    if (std::get_if<SslRequest>(&message) != nullptr) {
        if (tls_ || asked_tls_)
            return fail(wire_error("08P01", "unsupported frontend protocol 1234.5679: SSL was asked for already"));
        asked_tls_ = true;
        out_ += options_.tls_available ? 'S' : 'N';
        return options_.tls_available ? Step::start_tls : Step::read;
    }
    if (std::get_if<GssEncRequest>(&message) != nullptr) {
        if (tls_ || asked_gss_)
            return fail(wire_error("08P01", "unsupported frontend protocol 1234.5680: GSSAPI was asked for already"));
        asked_gss_ = true;
        out_ += 'N';
        return Step::read;
    }
    if (const auto* cancel = std::get_if<CancelRequest>(&message)) {
        cancel_ = *cancel;
        return Step::cancel;
    }
    if (const auto* startup = std::get_if<StartupMessage>(&message))
        return start(*startup);
    if (const auto* password = std::get_if<Password>(&message); password != nullptr && scram_)
        return on_password(password->body);
    if (const auto* bad = std::get_if<Malformed>(&message))
        return fail(wire_error("08P01", bad->why));
    return fail(wire_error("08P01", "unexpected message before the login is complete"));
}

void Login::take_parameter(std::string_view name, std::string_view value)
{
    if (name == "user")
        user_ = value;
    else if (name == "database")
        database_ = value;
    else if (name != "options")
        parameters_.emplace_back(name, value);
}

Login::Step Login::start(const StartupMessage& message)
{
    if (message.major != 3)
        return fail(wire_error("0A000", "unsupported frontend protocol " + std::to_string(message.major) + "." +
                                            std::to_string(message.minor) + ": server supports 3.0"));
    if (options_.tls_required && !tls_)
        return fail(wire_error("28000", "this server accepts only connections with TLS (sslmode=require)"));
    std::vector<std::string_view> unknown;
    for (const auto& [name, value] : message.parameters)
        if (name == "options")
            parameters_ = parse_options(value);
    for (const auto& [name, value] : message.parameters) {
        if (name.starts_with("_pq_."))
            unknown.push_back(name);
        else
            take_parameter(name, value);
    }
    if (user_.empty())
        return fail(wire_error("28000", "no PostgreSQL user name specified in startup packet"));
    if (database_.empty())
        database_ = user_;
    for (const auto& [name, value] : parameters_)
        if (name == "replication" && value != "false" && value != "off" && value != "0" && value != "no")
            return fail(wire_error("0A000", "howdah: there is no replication connection"));
    std::erase_if(parameters_, [](const auto& p) { return p.first == "replication"; });
    if (options_.closed)
        return fail(*options_.closed);
    if (message.minor > 0 || !unknown.empty())
        negotiate_protocol_version(out_, 3 << 16, unknown);
    if (!options_.password_required) {
        authentication_ok(out_);
        return Step::done;
    }
    scram_.emplace(options_.verifier(user_), options_.nonce(), binding_);
    constexpr std::array mechanisms{scram_plus_mechanism, scram_mechanism};
    authentication_sasl(out_, std::span(mechanisms).subspan(binding_.empty() ? 1 : 0));
    return Step::password;
}

// SASLInitialResponse ::= string mechanism, int32 length, bytes;  SASLResponse ::= bytes
Login::Step Login::on_password(std::string_view body)
{
    if (scram_started_)
        return check(scram_->last(body), Step::done);
    scram_started_ = true;
    const std::size_t zero = body.find('\0');
    if (zero == std::string_view::npos || body.size() < zero + 5)
        return check({{}, "malformed SASL message", false}, Step::end);
    return check(scram_->first(body.substr(0, zero), body.substr(zero + 5)), Step::password);
}

Login::Step Login::check(const ScramServer::Answer& answer, Step next)
{
    if (!answer.problem.empty()) {
        auth_failure_ = answer.problem;
        return fail(wire_error("08P01", answer.problem));
    }
    if (answer.refused) {
        auth_failure_ = "wrong password or unknown user";
        return fail(wire_error("28P01", "password authentication failed for user \"" + user_ + "\""));
    }
    if (next == Step::password) {
        authentication_sasl_continue(out_, answer.data);
    } else {
        authentication_sasl_final(out_, answer.data);
        authentication_ok(out_);
    }
    return next;
}

} // namespace howdah::proxy::pgwire
