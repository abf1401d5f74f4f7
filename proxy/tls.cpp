// See tls.hpp.
#include "proxy/tls.hpp"

#include <boost/asio/error.hpp>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>
#include <string_view>

namespace howdah::proxy {

namespace {

// Clients that name protocols must name ours; clients that name none are let in (SSLRequest has said it already).
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                    unsigned offered_length, void*)
{
    constexpr std::string_view ours = "postgresql";
    for (unsigned i = 0; i < offered_length; i += 1U + offered[i]) {
        const std::string_view name(reinterpret_cast<const char*>(offered + i + 1), offered[i]);
        if (i + 1U + offered[i] <= offered_length && name == ours) {
            *out = offered + i + 1;
            *out_length = offered[i];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

} // namespace

std::shared_ptr<boost::asio::ssl::context> make_tls_context(const TlsConfig& config, std::string& error)
{
    namespace ssl = boost::asio::ssl;
    if (config.certificate.empty())
        return nullptr;
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    boost::system::error_code failed;
    context->use_certificate_chain_file(config.certificate, failed);
    if (failed) {
        error = config.certificate + ": " + failed.message();
        return nullptr;
    }
    context->use_private_key_file(config.key.empty() ? config.certificate : config.key, ssl::context::pem, failed);
    if (!failed && SSL_CTX_check_private_key(context->native_handle()) != 1)
        failed = boost::asio::error::invalid_argument;
    if (failed) {
        error = (config.key.empty() ? config.certificate : config.key) + ": " + failed.message();
        return nullptr;
    }
    SSL_CTX* native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    // Clients close without close_notify all the time; the protocol has lengths of its own, so nothing can be cut off.
    SSL_CTX_set_options(native, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(native, select_protocol, nullptr);
    return context;
}

std::string tls_server_end_point(boost::asio::ssl::context& context)
{
    X509* certificate = SSL_CTX_get0_certificate(context.native_handle());
    int hash = 0;
    if (certificate == nullptr || X509_get_signature_info(certificate, &hash, nullptr, nullptr, nullptr) != 1)
        return {};
    const EVP_MD* digest = hash == NID_md5 || hash == NID_sha1 ? EVP_sha256() : EVP_get_digestbynid(hash);
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    if (digest == nullptr ||
        X509_digest(certificate, digest, reinterpret_cast<unsigned char*>(out.data()), &length) != 1)
        return {};
    out.resize(length);
    return out;
}

std::optional<std::chrono::system_clock::time_point> certificate_expiry(boost::asio::ssl::context& context)
{
    const X509* certificate = SSL_CTX_get0_certificate(context.native_handle());
    std::tm when{};
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &when) != 1)
        return std::nullopt;
    return std::chrono::system_clock::from_time_t(timegm(&when));
}

} // namespace howdah::proxy
