#include "proxy/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <stdexcept>

namespace howdah::proxy {

namespace {

template <auto Free>
struct Deleter {
    template <typename T>
    void operator()(T* p) const
    {
        Free(p);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;

template <typename T>
T* checked(T* p)
{
    if (p == nullptr)
        throw std::runtime_error("OpenSSL could not make a certificate");
    return p;
}

void check(bool ok) { checked(ok ? "" : nullptr); }

std::string contents(BIO* bio)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string to_pem(X509* certificate)
{
    const Bio bio(checked(BIO_new(BIO_s_mem())));
    check(PEM_write_bio_X509(bio.get(), certificate) == 1);
    return contents(bio.get());
}

std::string to_pem(EVP_PKEY* key)
{
    const Bio bio(checked(BIO_new(BIO_s_mem())));
    check(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return contents(bio.get());
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>> extension(
        checked(X509V3_EXT_conf_nid(nullptr, &context, nid, value)));
    check(X509_add_ext(certificate, extension.get(), -1) == 1);
}

// A certificate without extensions and signature; `issuer` null: it names itself as the issuer.
Certificate make_blank(const char* name, EVP_PKEY* key, X509* issuer, int days)
{
    Certificate certificate(checked(X509_new()));
    std::uint64_t serial = 0;
    check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
    check(X509_set_version(certificate.get(), 2) == 1);
    check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1U) == 1);
    checked(X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600));
    checked(X509_time_adj_ex(X509_getm_notAfter(certificate.get()), days, 0, nullptr));
    check(X509_set_pubkey(certificate.get(), key) == 1);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    check(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name), -1, -1,
                                     0) == 1);
    check(X509_set_issuer_name(certificate.get(), issuer != nullptr ? X509_get_subject_name(issuer) : subject) == 1);
    return certificate;
}

} // namespace

ServerCertificate make_server_certificate(int days)
{
    const Key authority_key(checked(EVP_EC_gen("P-256")));
    const Certificate authority = make_blank("howdah private authority", authority_key.get(), nullptr, days);
    add_extension(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(authority.get(), authority.get(), NID_subject_key_identifier, "hash");
    check(X509_sign(authority.get(), authority_key.get(), EVP_sha256()) > 0);

    const Key key(checked(EVP_EC_gen("P-256")));
    const Certificate certificate = make_blank("127.0.0.1", key.get(), authority.get(), days);
    add_extension(certificate.get(), authority.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate.get(), authority.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(certificate.get(), authority.get(), NID_ext_key_usage, "serverAuth");
    add_extension(certificate.get(), authority.get(), NID_subject_alt_name, "IP:127.0.0.1,IP:::1,DNS:localhost");
    add_extension(certificate.get(), authority.get(), NID_authority_key_identifier, "keyid:always");
    check(X509_sign(certificate.get(), authority_key.get(), EVP_sha256()) > 0);
    return {to_pem(authority.get()), to_pem(certificate.get()), to_pem(key.get())};
}

std::int64_t certificate_expiry(const std::string& pem_file)
{
    const Bio bio(BIO_new_file(pem_file.c_str(), "r"));
    if (!bio)
        return 0;
    const Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    std::tm end{};
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1)
        return 0;
    return timegm(&end);
}

} // namespace howdah::proxy
