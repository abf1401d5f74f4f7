// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, the server's side (RFC 5802, RFC 7677, RFC 5929). Pure: text in, text out.
//
//   client-first  n,,n=user,r=nonce                         or p=tls-server-end-point,,n=…,r=…
//   server-first  r=nonce+ours,s=salt,i=iterations
//   client-final  c=base64(gs2 header + binding),r=…,p=proof
//   server-final  v=signature
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace howdah::proxy::pgwire {

inline constexpr std::string_view scram_mechanism = "SCRAM-SHA-256";
inline constexpr std::string_view scram_plus_mechanism = "SCRAM-SHA-256-PLUS";

// What a server keeps of a password: enough to check a proof, too little to make one.
struct ScramVerifier {
    int iterations = 4096;
    std::string salt;                   // bytes
    std::string stored_key, server_key; // 32 bytes each
    bool mock = false;                  // of nobody: every proof is wrong
};

// "SCRAM-SHA-256$4096:<salt>$<stored key>:<server key>", as in PostgreSQL's pg_authid; nullopt when it is not one.
std::optional<ScramVerifier> parse_verifier(std::string_view text);
// The verifier of a password. SASLprep is the identity for ASCII, and other text is taken as it is.
ScramVerifier make_verifier(std::string_view password, std::string salt, int iterations = 4096);
// For an unknown user: the same salt for the same name on every attempt, so that names cannot be told apart.
ScramVerifier mock_verifier(std::string_view user, std::string_view secret);
// Whether `password` belongs to the verifier, in constant time.
bool matches(const ScramVerifier& verifier, std::string_view password);

std::string base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text); // strict: padded, nothing else inside
std::string random_bytes(std::size_t count);

class ScramServer {
public:
    // `nonce` is ours. `binding` is the tls-server-end-point hash when the connection has TLS, else empty: then PLUS is
    // not on offer.
    ScramServer(ScramVerifier verifier, std::string nonce, std::string binding);

    struct Answer {
        std::string data;     // to send
        std::string problem;  // the client broke the protocol: what it did
        bool refused = false; // the proof is wrong, or the user is nobody
        bool ok() const { return problem.empty() && !refused; }
    };
    Answer first(std::string_view mechanism, std::string_view client_first);
    Answer last(std::string_view client_final);

private:
    ScramVerifier verifier_;
    std::string nonce_, binding_;
    bool plus_ = false;
    std::string gs2_header_, client_first_bare_, server_first_;
};

} // namespace howdah::proxy::pgwire
