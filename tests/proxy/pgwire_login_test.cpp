// From the first packet to AuthenticationOk, with a client's half of SCRAM played by the test.
#include "../support/wire_script.hpp"
#include "proxy/pgwire/login.hpp"
#include "proxy/pgwire/scram.hpp"

#include <catch2/catch.hpp>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

using namespace howdah::test;

namespace {

std::string hmac(const std::string& key, const std::string& data)
{
    std::string out(32, '\0');
    unsigned n = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(data.data()),
         data.size(), reinterpret_cast<unsigned char*>(out.data()), &n);
    return out;
}

std::string sha256(const std::string& data)
{
    std::string out(32, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(),
           reinterpret_cast<unsigned char*>(out.data()));
    return out;
}

// What a client answers to server-first.
std::string client_final(const std::string& password, const std::string& gs2, const std::string& binding,
                         const std::string& first_bare, const std::string& server_first)
{
    const std::size_t s = server_first.find(",s="), i = server_first.find(",i=");
    const std::string nonce = server_first.substr(2, s - 2);
    const std::string salt = from_base64(server_first.substr(s + 3, i - s - 3)).value();
    std::string salted(32, '\0');
    PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                      reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                      std::stoi(server_first.substr(i + 3)), EVP_sha256(), 32,
                      reinterpret_cast<unsigned char*>(salted.data()));
    const std::string without_proof = "c=" + base64(gs2 + binding) + ",r=" + nonce;
    const std::string message = first_bare + "," + server_first + "," + without_proof;
    const std::string key = hmac(salted, "Client Key"), signature = hmac(sha256(key), message);
    std::string proof = key;
    for (std::size_t k = 0; k < proof.size(); ++k)
        proof[k] = static_cast<char>(proof[k] ^ signature[k]);
    return without_proof + ",p=" + base64(proof);
}

LoginOptions options(bool password = false)
{
    LoginOptions o;
    o.password_required = password;
    o.nonce = [] { return std::string("servernonce"); };
    o.verifier = [](std::string_view user) {
        return user == "ann" ? make_verifier("secret", "0123456789abcdef") : mock_verifier(user, "key of this server");
    };
    return o;
}

// Feeds bytes to a decoder and its messages to the login; what was said, as text, and the last step.
struct Dialog {
    explicit Dialog(LoginOptions o) : login(std::move(o)) {}
    std::string say(const std::string& bytes)
    {
        decoder.feed(bytes);
        while (const auto m = decoder.next()) {
            step = login.on(*m);
            if (step == Login::Step::password)
                decoder.enter(Decoder::Phase::authentication);
        }
        std::string out = std::exchange(login.output(), {});
        return out == "N" || out == "S" ? out : trace_backend(out);
    }
    std::string scram(const std::string& mechanism, const std::string& first)
    {
        const std::string said = say(
            ClientMessage('p').string(mechanism).int32(static_cast<std::int64_t>(first.size())).bytes(first).done());
        const std::size_t quote = said.find('\'');
        return quote == std::string::npos ? said : said.substr(quote + 1, said.rfind('\'') - quote - 1);
    }
    std::string scram(const std::string& last) { return say(ClientMessage('p').bytes(last).done()); }

    Login login;
    Decoder decoder{1U << 20U};
    Login::Step step = Login::Step::read;
};

const std::string startup = startup_bytes(3 << 16, {"user", "ann", "database", "main"});
const std::string ssl_request("\0\0\0\x08\x04\xd2\x16\x2f", 8), gss_request("\0\0\0\x08\x04\xd2\x16\x30", 8);

} // namespace

TEST_CASE("a trusted client is let in, whatever way its bytes are cut")
{
    for (std::size_t cut = 0; cut <= startup.size(); ++cut) {
        Dialog d(options());
        std::string said = d.say(startup.substr(0, cut));
        said += d.say(startup.substr(cut));
        REQUIRE(said == "B  AuthenticationOk\n");
        REQUIRE(d.step == Login::Step::done);
        REQUIRE(d.login.database() == "main");
    }
}

TEST_CASE("the database is the user's name when none is given, and options come before parameters")
{
    Dialog d(options());
    d.say(startup_bytes(3 << 16, {"user", "ann", "options", "-c geqo=off", "application_name", "x"}));
    CHECK(d.login.database() == "ann");
    CHECK(d.login.parameters() ==
          std::vector<std::pair<std::string, std::string>>{{"geqo", "off"}, {"application_name", "x"}});
}

TEST_CASE("SSLRequest and GSSENCRequest are answered, once each")
{
    Dialog d(options());
    CHECK(d.say(ssl_request) == "N");
    CHECK(d.say(gss_request) == "N");
    CHECK(d.say(startup) == "B  AuthenticationOk\n");
    Dialog twice(options());
    twice.say(ssl_request);
    CHECK(twice.say(ssl_request).find("08P01") != std::string::npos);
    LoginOptions with_tls = options();
    with_tls.tls_available = true;
    Dialog tls(std::move(with_tls));
    CHECK(tls.say(ssl_request) == "S");
    CHECK(tls.step == Login::Step::start_tls);
}

TEST_CASE("TLS can be demanded")
{
    LoginOptions o = options();
    o.tls_available = o.tls_required = true;
    Dialog d(o);
    CHECK(d.say(startup).find("C \"28000\"") != std::string::npos);
    CHECK(d.step == Login::Step::end);
    Dialog good(o);
    good.say(ssl_request);
    good.login.tls_started("hash");
    CHECK(good.say(startup) == "B  AuthenticationOk\n");
}

TEST_CASE("newer protocols are negotiated down, older ones refused")
{
    Dialog newer(options());
    CHECK(newer.say(startup_bytes((3 << 16) + 2, {"user", "ann", "_pq_.compression", "on"})) ==
          "B  NegotiateProtocolVersion 3.0 \"_pq_.compression\"\nB  AuthenticationOk\n");
    Dialog older(options());
    CHECK(older.say(ClientMessage(0).int32(2 << 16).bytes(std::string(64, '\0')).done()).find("0A000") !=
          std::string::npos);
}

TEST_CASE("packets that are none end the connection")
{
    for (const std::string& bytes :
         {std::string("\0\0\0\7abc", 7), std::string("\x7f\xff\xff\xff", 4), std::string("GET / HTTP/1.1\r\n"),
          startup_bytes(3 << 16, {"user"}), startup_bytes(3 << 16, {"database", "x"})}) {
        Dialog d(options());
        CHECK(d.say(bytes).find("FATAL") != std::string::npos);
        CHECK(d.step == Login::Step::end);
    }
}

TEST_CASE("a cancel request carries its key")
{
    Dialog d(options());
    d.decoder.feed(ClientMessage(0).int32(80877102).int32(7).bytes("abcd").done());
    CHECK(d.login.on(d.decoder.next().value()) == Login::Step::cancel);
    CHECK(d.login.cancel_request().process_id == 7);
    CHECK(d.login.cancel_request().secret == "abcd");
}

TEST_CASE("SCRAM lets the right password in and no other")
{
    const std::string bare = "n=,r=clientnonce";
    Dialog d(options(true));
    CHECK(d.say(startup) == "B  AuthenticationSASL \"SCRAM-SHA-256\"\n");
    const std::string first = d.scram("SCRAM-SHA-256", "n,," + bare);
    CHECK(first == "r=clientnonceservernonce,s=MDEyMzQ1Njc4OWFiY2RlZg==,i=4096");
    const std::string said = d.scram(client_final("secret", "n,,", "", bare, first));
    CHECK(said.find("AuthenticationSASLFinal 'v=") != std::string::npos);
    CHECK(d.step == Login::Step::done);

    Dialog wrong(options(true));
    wrong.say(startup);
    const std::string again = wrong.scram("SCRAM-SHA-256", "n,," + bare);
    CHECK(wrong.scram(client_final("wrong", "n,,", "", bare, again)) ==
          "B  ErrorResponse S \"FATAL\" V \"FATAL\" C \"28P01\" M \"password authentication failed for user "
          "\\\"ann\\\"\"\n");
}

TEST_CASE("an unknown user sees what a known one with a wrong password sees")
{
    std::string salt;
    for (int attempt = 0; attempt < 2; ++attempt) {
        Dialog d(options(true));
        d.say(startup_bytes(3 << 16, {"user", "eve"}));
        const std::string first = d.scram("SCRAM-SHA-256", "n,,n=,r=x");
        CHECK(first.find(",i=4096") != std::string::npos);
        CHECK((salt.empty() || salt == first));
        salt = first;
        CHECK(d.scram(client_final("", "n,,", "", "n=,r=x", first)).find("C \"28P01\"") != std::string::npos);
    }
}

TEST_CASE("channel binding binds to the certificate")
{
    const std::string gs2 = "p=tls-server-end-point,,", bare = "n=,r=x";
    for (const std::string seen : {"the certificate", "somebody else's"}) {
        LoginOptions o = options(true);
        o.tls_available = true;
        Dialog d(std::move(o));
        d.say(ssl_request);
        d.login.tls_started("the certificate");
        CHECK(d.say(startup) == "B  AuthenticationSASL \"SCRAM-SHA-256-PLUS\" \"SCRAM-SHA-256\"\n");
        const std::string first = d.scram("SCRAM-SHA-256-PLUS", gs2 + bare);
        d.scram(client_final("secret", gs2, seen, bare, first));
        CHECK((d.step == Login::Step::done) == (seen == "the certificate"));
    }
    // A client that could bind and was told that we cannot: somebody is in between.
    LoginOptions o = options(true);
    o.tls_available = true;
    Dialog d(std::move(o));
    d.say(ssl_request);
    d.login.tls_started("the certificate");
    d.say(startup);
    CHECK(d.scram("SCRAM-SHA-256", "y,,n=,r=x").find("negotiation error") != std::string::npos);
}

TEST_CASE("broken SCRAM messages are refused")
{
    for (const std::string first : {"", "n", "n,", "n,,", "n,a=x,n=,r=x", "n,,m=1,n=,r=x",
                                    "n,,n=", "n,,n=,r=", "x,,n=,r=y", "p=tls-unique,,n=,r=x", "n,,n=,r=\x01"}) {
        Dialog d(options(true));
        d.say(startup);
        INFO(first);
        d.scram("SCRAM-SHA-256", first);
        CHECK(d.step == Login::Step::end);
        CHECK_FALSE(d.login.auth_failure().empty());
    }
    for (const std::string last :
         {"", "c=biws", "c=biws,r=xservernonce", "c=biws,r=xservernonce,p=", "c=biws,r=wrong,p=AAAA",
          "c=!!!!,r=xservernonce,p=AAAA", "c=biws,r=xservernonce,p=AAAA", "r=xservernonce,c=biws,p=AAAA"}) {
        Dialog d(options(true));
        d.say(startup);
        d.scram("SCRAM-SHA-256", "n,,n=,r=x");
        INFO(last);
        d.scram(last);
        CHECK(d.step == Login::Step::end);
    }
    Dialog other(options(true));
    other.say(startup);
    other.scram("SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,n=,r=x");
    CHECK(other.step == Login::Step::end);
    Dialog query(options(true));
    query.say(startup);
    CHECK(query.say(ClientMessage('Q').string("SELECT 1").done()).find("08P01") != std::string::npos);
}

TEST_CASE("a verifier of PostgreSQL's is understood, and only a whole one")
{
    const ScramVerifier made = make_verifier("secret", "0123456789abcdef");
    const std::string text =
        "SCRAM-SHA-256$4096:" + base64(made.salt) + "$" + base64(made.stored_key) + ":" + base64(made.server_key);
    CHECK(matches(parse_verifier(text).value(), "secret"));
    CHECK_FALSE(matches(parse_verifier(text).value(), "Secret"));
    for (std::size_t n = 0; n < text.size(); ++n)
        CHECK_FALSE(parse_verifier(text.substr(0, n)));
    CHECK_FALSE(matches(mock_verifier("eve", "x"), ""));
}
