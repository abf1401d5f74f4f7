// TLS towards clients: the certificate of the configuration as an OpenSSL context, and what SCRAM binds a login to.
#pragma once

#include "proxy/config.hpp"

#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace howdah::proxy {

// Null without an error: no certificate is configured. Null with one: the files cannot be used. TLS 1.2 and newer;
// offers the ALPN name "postgresql".
std::shared_ptr<boost::asio::ssl::context> make_tls_context(const TlsConfig& config, std::string& error);

// RFC 5929 tls-server-end-point: the hash of the server's certificate, with the hash of its own signature (SHA-256
// instead of MD5 and SHA-1). Empty when there is none.
std::string tls_server_end_point(boost::asio::ssl::context& context);

// When the certificate expires.
std::optional<std::chrono::system_clock::time_point> certificate_expiry(boost::asio::ssl::context& context);

} // namespace howdah::proxy
