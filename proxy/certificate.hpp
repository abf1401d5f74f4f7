// X.509 with the OpenSSL library: a private authority and server certificate for --embedded, and reading expiry dates.
#pragma once

#include <cstdint>
#include <string>

namespace howdah::proxy {

struct ServerCertificate {
    std::string authority;   // PEM, to be trusted by clients; its key is not kept
    std::string certificate; // PEM, for 127.0.0.1, ::1 and localhost
    std::string key;         // PEM
};

// Throws std::runtime_error.
ServerCertificate make_server_certificate(int days);

// The end of the first certificate's validity, seconds since 1970; 0 when the file has none that can be read.
std::int64_t certificate_expiry(const std::string& pem_file);

} // namespace howdah::proxy
