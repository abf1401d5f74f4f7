// See scram.hpp.
#include "scram.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace howdah::proxy::pgwire {

namespace {

constexpr std::size_t key_size = SHA256_DIGEST_LENGTH;
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const unsigned char* bytes_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

std::string hmac(std::string_view key, std::string_view data)
{
    std::string out(key_size, '\0');
    unsigned length = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(data), data.size(),
             reinterpret_cast<unsigned char*>(out.data()), &length) == nullptr)
        throw std::runtime_error("HMAC-SHA-256 failed");
    return out;
}

std::string sha256(std::string_view data)
{
    std::string out(key_size, '\0');
    SHA256(bytes_of(data), data.size(), reinterpret_cast<unsigned char*>(out.data()));
    return out;
}

std::string salted_password(std::string_view password, std::string_view salt, int iterations)
{
    std::string out(key_size, '\0');
    if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                          static_cast<int>(salt.size()), iterations, EVP_sha256(), key_size,
                          reinterpret_cast<unsigned char*>(out.data())) != 1)
        throw std::runtime_error("PBKDF2 failed");
    return out;
}

bool equal(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Takes "x=value" off the front of a comma-separated list; nullopt when the next attribute is not `letter`.
std::optional<std::string_view> take_attribute(std::string_view& rest, char letter)
{
    if (rest.size() < 2 || rest[0] != letter || rest[1] != '=')
        return std::nullopt;
    const std::size_t comma = rest.find(',');
    const std::string_view value = rest.substr(2, comma == std::string_view::npos ? comma : comma - 2);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    return value;
}

bool is_printable(std::string_view s)
{
    for (const char c : s)
        if (c < '!' || c > '~' || c == ',')
            return false;
    return !s.empty();
}

ScramServer::Answer broken(std::string what) { return {{}, std::move(what), false}; }

} // namespace

std::string base64(std::string_view bytes)
{
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t n = 0;
        const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < 3; ++k)
            n = n << 8U | (k < have ? static_cast<std::uint8_t>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= have ? alphabet[n >> (18 - 6 * k) & 63U] : '=';
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text)
{
    if (text.size() % 4 != 0)
        return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 4) {
        std::uint32_t n = 0;
        std::size_t padding = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            const char c = text[i + k];
            const std::size_t digit = alphabet.find(c);
            const bool may_pad = c == '=' && i + 4 == text.size() && k >= 2;
            if ((digit == std::string_view::npos && !may_pad) || (padding > 0 && c != '='))
                return std::nullopt;
            padding += c == '=' ? 1 : 0;
            n = n << 6U | (c == '=' ? 0U : static_cast<std::uint32_t>(digit));
        }
        for (std::size_t k = 0; k + padding < 3; ++k)
            out += static_cast<char>(n >> (16 - 8 * k));
    }
    return out;
}

std::string random_bytes(std::size_t count)
{
    std::string out(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1)
        throw std::runtime_error("the system's random source failed");
    return out;
}

std::optional<ScramVerifier> parse_verifier(std::string_view text)
{
    constexpr std::string_view prefix = "SCRAM-SHA-256$";
    if (!text.starts_with(prefix))
        return std::nullopt;
    text.remove_prefix(prefix.size());
    const std::size_t colon = text.find(':'), dollar = text.find('$');
    if (colon == std::string_view::npos || dollar == std::string_view::npos || dollar < colon)
        return std::nullopt;
    ScramVerifier v;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + colon, v.iterations);
    if (failed != std::errc() || end != text.data() + colon || v.iterations < 1)
        return std::nullopt;
    const std::string_view keys = text.substr(dollar + 1);
    const std::size_t between = keys.find(':');
    if (between == std::string_view::npos)
        return std::nullopt;
    const auto salt = from_base64(text.substr(colon + 1, dollar - colon - 1));
    const auto stored = from_base64(keys.substr(0, between)), server = from_base64(keys.substr(between + 1));
    if (!salt || salt->empty() || !stored || stored->size() != key_size || !server || server->size() != key_size)
        return std::nullopt;
    v.salt = *salt;
    v.stored_key = *stored;
    v.server_key = *server;
    return v;
}

ScramVerifier make_verifier(std::string_view password, std::string salt, int iterations)
{
    const std::string salted = salted_password(password, salt, iterations);
    return {iterations, std::move(salt), sha256(hmac(salted, "Client Key")), hmac(salted, "Server Key"), false};
}

ScramVerifier mock_verifier(std::string_view user, std::string_view secret)
{
    ScramVerifier v;
    v.salt = hmac(secret, user).substr(0, 16);
    v.stored_key.assign(key_size, '\0');
    v.server_key.assign(key_size, '\0');
    v.mock = true;
    return v;
}

bool matches(const ScramVerifier& verifier, std::string_view password)
{
    const std::string salted = salted_password(password, verifier.salt, verifier.iterations);
    return equal(sha256(hmac(salted, "Client Key")), verifier.stored_key) && !verifier.mock;
}

ScramServer::ScramServer(ScramVerifier verifier, std::string nonce, std::string binding)
    : verifier_(std::move(verifier)), nonce_(std::move(nonce)), binding_(std::move(binding))
{
}

ScramServer::Answer ScramServer::first(std::string_view mechanism, std::string_view client_first)
{
    plus_ = mechanism == scram_plus_mechanism;
    if (mechanism != scram_mechanism && !(plus_ && !binding_.empty()))
        return broken("client selected an invalid SASL authentication mechanism");
    std::string_view rest = client_first;
    const std::size_t comma = rest.find(',');
    const std::string_view flag = rest.substr(0, comma);
    if (comma == std::string_view::npos || comma + 1 >= rest.size())
        return broken("malformed SCRAM message");
    if (plus_ ? flag != "p=tls-server-end-point" : flag != "n" && flag != "y")
        return broken(plus_ ? "SCRAM-SHA-256-PLUS needs the channel binding type tls-server-end-point"
                            : "SCRAM-SHA-256 cannot be used with channel binding data");
    // "y": the client could bind and believes that we cannot. When we offered it, somebody took the offer away.
    if (flag == "y" && !binding_.empty())
        return broken("SCRAM channel binding negotiation error");
    if (rest[comma + 1] != ',')
        return broken("client uses authorization identity, but it is not supported");
    gs2_header_ = rest.substr(0, comma + 2);
    rest.remove_prefix(comma + 2);
    client_first_bare_ = rest;
    const auto user = take_attribute(rest, 'n'); // m=, a mandatory extension, is refused with everything else
    const auto nonce = take_attribute(rest, 'r');
    if (!user || !nonce || !is_printable(*nonce))
        return broken("malformed SCRAM message");
    server_first_ = "r=" + std::string(*nonce) + nonce_ + ",s=" + base64(verifier_.salt) +
                    ",i=" + std::to_string(verifier_.iterations);
    nonce_ = std::string(*nonce) + nonce_;
    return {server_first_, {}, false};
}

ScramServer::Answer ScramServer::last(std::string_view client_final)
{
    const std::size_t proof_at = client_final.rfind(",p=");
    std::string_view rest = client_final;
    const auto channel = take_attribute(rest, 'c');
    const auto nonce = take_attribute(rest, 'r');
    if (proof_at == std::string_view::npos || !channel || !nonce)
        return broken("malformed SCRAM message");
    const auto bound = from_base64(*channel);
    if (!bound || !equal(*bound, gs2_header_ + (plus_ ? binding_ : std::string())))
        return broken("SCRAM channel binding check failed");
    if (!equal(*nonce, nonce_))
        return broken("invalid SCRAM response: the nonce does not match");
    const auto proof = from_base64(client_final.substr(proof_at + 3));
    if (!proof || proof->size() != key_size)
        return broken("malformed SCRAM message: invalid proof");
    const std::string message =
        client_first_bare_ + "," + server_first_ + "," + std::string(client_final.substr(0, proof_at));
    std::string client_key = hmac(verifier_.stored_key, message);
    for (std::size_t i = 0; i < key_size; ++i)
        client_key[i] = static_cast<char>(client_key[i] ^ (*proof)[i]);
    const bool right = equal(sha256(client_key), verifier_.stored_key);
    if (!right || verifier_.mock)
        return {{}, {}, true};
    return {"v=" + base64(hmac(verifier_.server_key, message)), {}, false};
}

} // namespace howdah::proxy::pgwire
