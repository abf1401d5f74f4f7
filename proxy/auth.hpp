// Who may come in: the users of the configuration and of its users_file.
#pragma once

#include "proxy/config.hpp"
#include "proxy/pgwire/scram.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace howdah::proxy {

class Authenticator {
public:
    // Reads users_file. Null, and `error` says why (with the line), when it cannot be used.
    static std::shared_ptr<Authenticator> load(const AuthConfig& config, std::string& error);

    // False: everybody is who they say (method "trust").
    bool required() const { return required_; }
    // What a login is checked against; for an unknown user a mock, which refuses every proof.
    pgwire::ScramVerifier verifier(std::string_view user);
    // For front ends that are given the password itself. Takes as long for an unknown user as for a known one.
    bool check_password(std::string_view user, std::string_view password);

private:
    bool required_ = false;
    std::string mock_secret_;
    struct User {
        std::string secret; // password or verifier, as configured
        pgwire::ScramVerifier verifier;
        bool ready = false; // a plain password becomes a verifier at the first login: it takes a millisecond
    };
    std::map<std::string, User, std::less<>> users_;
};

} // namespace howdah::proxy
