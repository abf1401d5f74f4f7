// A value or what went wrong. boost::system::result with a plain error type; see error.hpp.
#pragma once

#include "dialect/error.hpp"

#include <boost/system/result.hpp>

namespace howdah::dialect {

template <typename T>
using Result = boost::system::result<T, Error>;

[[noreturn]] inline void throw_exception_from_error(const Error& e, const boost::source_location&) { throw e; }

} // namespace howdah::dialect
