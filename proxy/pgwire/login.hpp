// From the first packet to AuthenticationOk. Pure: messages in, bytes and the next step out.
//
//   SSLRequest -> S and a handshake, or N      GSSENCRequest -> N      CancelRequest -> cancel and close
//   StartupMessage -> [NegotiateProtocolVersion] -> SASL exchange, or nothing under "trust" -> AuthenticationOk
//
// Unknown users go through the whole exchange with a mock verifier, and databases are not looked at before the end, so
// that a stranger learns no names.
#pragma once

#include "messages.hpp"
#include "scram.hpp"

#include "proxy/exchange.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace howdah::proxy::pgwire {

struct LoginOptions {
    bool tls_available = false; // a certificate is configured
    bool tls_required = false;  // … and a client without TLS is refused
    bool password_required = false;
    std::function<ScramVerifier(std::string_view user)> verifier;
    std::function<std::string()> nonce; // ours, printable
    // Why nobody is let in now: too many clients, shutting down. Told after the startup packet, so that it can be read.
    std::optional<ClientError> closed;
};

class Login {
public:
    enum class Step {
        read,      // another startup packet
        start_tls, // the handshake, then another startup packet
        password,  // Decoder::Phase::authentication, and a message
        cancel,    // cancel_request() is what the client wants; then close
        done,      // AuthenticationOk is written
        end,       // write what there is, and close
    };

    explicit Login(LoginOptions options) : options_(std::move(options)) {}

    Step on(const Message& message);
    // The handshake is over; `binding` is the certificate's tls-server-end-point.
    void tls_started(std::string binding);

    std::string& output() { return out_; }
    const CancelRequest& cancel_request() const { return cancel_; } // as long as the message's bytes are there
    const std::string& user() const { return user_; }
    const std::string& database() const { return database_; }
    // Run-time parameters of the startup packet, those in `options` first.
    const std::vector<std::pair<std::string, std::string>>& parameters() const { return parameters_; }
    // Wrong password, broken exchange: for the counter and the log. Empty otherwise.
    const std::string& auth_failure() const { return auth_failure_; }

private:
    Step start(const StartupMessage& message);
    Step on_password(std::string_view body);
    Step fail(ClientError error);
    Step check(const ScramServer::Answer& answer, Step next);
    void take_parameter(std::string_view name, std::string_view value);

    LoginOptions options_;
    std::string out_;
    bool tls_ = false, asked_tls_ = false, asked_gss_ = false;
    std::string binding_;
    CancelRequest cancel_;
    std::string user_, database_, auth_failure_;
    std::vector<std::pair<std::string, std::string>> parameters_;
    std::optional<ScramServer> scram_;
    bool scram_started_ = false;
};

// PGOPTIONS: "-c name=value", "-cname=value", "--name=value", with \ before a space that is meant; others are passed
// over.
std::vector<std::pair<std::string, std::string>> parse_options(std::string_view options);

} // namespace howdah::proxy::pgwire
