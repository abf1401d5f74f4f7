// Certificates that howdah makes for --embedded.
#include "proxy/certificate.hpp"

#include <catch2/catch.hpp>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

using namespace howdah::proxy;

namespace {

std::unique_ptr<X509, decltype(&X509_free)> certificate(const std::string& pem)
{
    BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    std::unique_ptr<X509, decltype(&X509_free)> result(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), X509_free);
    BIO_free(bio);
    return result;
}

} // namespace

TEST_CASE("the authority vouches for the server's certificate, by address and by name")
{
    const ServerCertificate made = make_server_certificate(10);
    const auto authority = certificate(made.authority);
    const auto server = certificate(made.certificate);
    REQUIRE(authority);
    REQUIRE(server);
    CHECK(X509_check_ip_asc(server.get(), "127.0.0.1", 0) == 1);
    CHECK(X509_check_ip_asc(server.get(), "::1", 0) == 1);
    CHECK(X509_check_ip_asc(server.get(), "127.0.0.2", 0) == 0);
    CHECK(X509_check_host(server.get(), "localhost", 0, 0, nullptr) == 1);

    X509_STORE* store = X509_STORE_new();
    X509_STORE_add_cert(store, authority.get());
    X509_STORE_CTX* context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, server.get(), nullptr);
    X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
    CHECK(X509_verify_cert(context) == 1);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
}

TEST_CASE("a certificate's expiry is read from its file")
{
    const auto file =
        std::filesystem::temp_directory_path() / ("howdah-certificate-" + std::to_string(getpid()) + ".pem");
    std::ofstream(file) << make_server_certificate(10).certificate;
    const auto left = certificate_expiry(file.string()) - std::time(nullptr);
    CHECK(left > 10 * 86400 - 60);
    CHECK(left <= 10 * 86400);
    std::ofstream(file) << "not a certificate";
    CHECK(certificate_expiry(file.string()) == 0);
    std::filesystem::remove(file);
    CHECK(certificate_expiry(file.string()) == 0);
}
