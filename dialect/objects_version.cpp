// See objects_version.hpp.
#include "dialect/objects_version.hpp"

namespace howdah::dialect {

namespace {

constexpr const char* compiler_hash =
#include "dialect/compiler_hash.inc"
    ;

} // namespace

std::string objects_version(const Options& options)
{
    return std::string(compiler_hash) + (options.writers == Writers::concurrent ? " concurrent" : " single") +
           (options.mismatch == Mismatch::reject ? " reject" : " promote");
}

} // namespace howdah::dialect
