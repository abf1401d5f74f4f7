// A connection until its session has begun: TLS, the login, the welcome. Every decision is Login's. See front_end.hpp.
#include "encode.hpp"
#include "front_end.hpp"
#include "trace.hpp"
#include "wire_error.hpp"

#include "proxy/log.hpp"
#include "proxy/tls.hpp"

namespace howdah::proxy::pgwire {

namespace asio = boost::asio;

namespace {

constexpr char tls_handshake = 0x16; // first byte of a ClientHello: TLS without SSLRequest

} // namespace

asio::awaitable<std::optional<Message>> FrontEnd::next_login_message()
{
    while (true) {
        if (auto message = decoder_.next())
            co_return message;
        if (gone_ || farewell_)
            co_return std::nullopt;
        const bool more = co_await read_more();
        if (!more)
            co_return std::nullopt;
        if (!logged_in_ && !transport_.has_tls() && decoder_.pending().starts_with(tls_handshake) && around_.tls) {
            const std::string hello(decoder_.pending());
            decoder_.discard();
            const bool secure = co_await start_tls(hello);
            if (!secure || transport_.alpn() != "postgresql")
                co_return std::nullopt;
        }
    }
}

asio::awaitable<bool> FrontEnd::start_tls(std::string_view received)
{
    co_return co_await transport_.handshake(around_.tls, received);
}

asio::awaitable<bool> FrontEnd::log_in()
{
    LoginOptions options;
    options.tls_available = around_.tls != nullptr;
    options.tls_required = around_.config->tls.required && !around_.local;
    options.password_required = around_.auth && around_.auth->required();
    options.verifier = [this](std::string_view user) { return around_.auth->verifier(user); };
    options.nonce = [] { return base64(random_bytes(18)); };
    options.closed = around_.closed;
    Login login(std::move(options));
    while (true) {
        const std::optional<Message> message = co_await next_login_message();
        if (!message)
            co_return false;
        if (transport_.has_tls())
            login.tls_started(tls_server_end_point(*around_.tls));
        const Login::Step step = login.on(*message);
        // What came in clear after the request is nobody's: it may have been put there (CVE-2021-23214).
        if ((std::holds_alternative<SslRequest>(*message) || std::holds_alternative<GssEncRequest>(*message)) &&
            !decoder_.pending().empty())
            co_return false;
        if (!login.auth_failure().empty()) {
            log_client(around_.client, spdlog::level::warn, "login of {} failed: {}", quoted(login.user(), '"'),
                       login.auth_failure());
            if (around_.on_auth_failure)
                around_.on_auth_failure();
        }
        if (step == Login::Step::cancel) {
            const CancelRequest& request = login.cancel_request();
            CancelKeys::Key key{request.process_id, 0};
            if (request.secret.size() == sizeof key.secret) {
                std::uint32_t secret = 0;
                for (const char c : request.secret)
                    secret = secret << 8U | static_cast<std::uint8_t>(c);
                key.secret = static_cast<std::int32_t>(secret);
                around_.cancel_keys->cancel(key);
            }
            gone_ = true; // there is no answer
            co_return false;
        }
        if (step == Login::Step::done) {
            const bool begun = co_await begin_session(login);
            co_return begun;
        }
        const bool told = co_await write(login.output());
        if (!told || step == Login::Step::end)
            co_return false;
        if (step == Login::Step::password)
            decoder_.enter(Decoder::Phase::authentication);
        if (step == Login::Step::start_tls) {
            const std::string_view nothing_yet;
            const bool secure = co_await start_tls(nothing_yet);
            if (!secure) {
                gone_ = true;
                co_return false;
            }
        }
    }
}

asio::awaitable<bool> FrontEnd::begin_session(Login& login)
{
    Settings settings(login.user(), login.database(), around_.server_version);
    std::optional<ClientError> refused;
    for (const auto& [name, value] : login.parameters())
        if (auto error = settings.set_default(name, value); error && error->sqlstate != "42704" && !refused)
            refused = std::move(error);
    if (!refused) {
        session_ = around_.open_session(login.database());
        refused = co_await session_->open();
    }
    if (refused) {
        refused->fatal = true;
        error_response(login.output(), *refused, 0);
        log_client(around_.client, spdlog::level::info, "refused: {}", refused->message);
        co_await write(login.output());
        co_return false;
    }
    cancel_key_ = around_.cancel_keys->add([weak = weak_from_this()] {
        if (const auto self = weak.lock(); self && self->session_)
            self->session_->cancel();
    });
    around_.conversation.process_id = cancel_key_->process;
    conversation_.emplace(std::move(settings), around_.conversation);
    conversation_->output() = std::move(login.output());
    std::string secret;
    for (int shift = 24; shift >= 0; shift -= 8)
        secret += static_cast<char>(static_cast<std::uint32_t>(cancel_key_->secret) >> shift);
    conversation_->welcome(secret);
    decoder_.enter(Decoder::Phase::running);
    logged_in_ = true;
    log_client(around_.client, spdlog::level::debug, "user {} on database {}{}", quoted(login.user(), '"'),
               quoted(login.database(), '"'), transport_.has_tls() ? " over TLS" : "");
    co_return true;
}

} // namespace howdah::proxy::pgwire
