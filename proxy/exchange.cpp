// See exchange.hpp.
#include "proxy/exchange.hpp"

#include "dialect/mirror.hpp"

namespace howdah::proxy {

std::string real_text(double real) { return dialect::real_text(real); }

} // namespace howdah::proxy
