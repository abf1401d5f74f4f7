// The page for people at /: where howdah listens, who is connected, how the pools do. Pure.
#pragma once

#include "proxy/http/stats_page.hpp"

#include <string>

namespace howdah::proxy::http {

std::string status_html(const Picture& picture);

} // namespace howdah::proxy::http
