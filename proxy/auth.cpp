// See auth.hpp.
#include "proxy/auth.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

namespace howdah::proxy {

namespace {

// "text" with "" inside for a quote; nullopt when there is none.
std::optional<std::string> take_quoted(std::string_view& rest)
{
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r"), rest.size()));
    if (rest.empty() || rest[0] != '"')
        return std::nullopt;
    std::string text;
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] == '"' && (i + 1 == rest.size() || rest[i + 1] != '"')) {
            rest.remove_prefix(i + 1);
            return text;
        }
        i += rest[i] == '"' ? 1 : 0;
        text += rest[i];
    }
    return std::nullopt;
}

} // namespace

// users_file ::= ("name" "password or verifier" newline | ; comment newline | # comment newline)*
std::shared_ptr<Authenticator> Authenticator::load(const AuthConfig& config, std::string& error)
{
    auto auth = std::make_shared<Authenticator>();
    auth->required_ = config.method != "trust";
    auth->mock_secret_ = pgwire::random_bytes(32);
    for (const auto& [name, secret] : config.users)
        auth->users_[name] = {secret, {}, false};
    if (config.users_file.empty())
        return auth;
    std::ifstream file(config.users_file);
    if (!file) {
        error = config.users_file + ": " + std::strerror(errno);
        return nullptr;
    }
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        std::string_view rest = line;
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r"), rest.size()));
        if (rest.empty() || rest[0] == ';' || rest[0] == '#')
            continue;
        auto name = take_quoted(rest);
        auto secret = name ? take_quoted(rest) : std::nullopt;
        if (!secret) {
            error = config.users_file + ":" + std::to_string(number) + R"(: expected "name" "password or verifier")";
            return nullptr;
        }
        auth->users_[*name] = {*secret, {}, false};
    }
    return auth;
}

pgwire::ScramVerifier Authenticator::verifier(std::string_view user)
{
    const auto found = users_.find(user);
    if (found == users_.end())
        return pgwire::mock_verifier(user, mock_secret_);
    User& u = found->second;
    if (!u.ready) {
        const auto given = pgwire::parse_verifier(u.secret);
        u.verifier = given ? *given : pgwire::make_verifier(u.secret, pgwire::random_bytes(16));
        u.ready = true;
    }
    return u.verifier;
}

bool Authenticator::check_password(std::string_view user, std::string_view password)
{
    return pgwire::matches(verifier(user), password);
}

} // namespace howdah::proxy
