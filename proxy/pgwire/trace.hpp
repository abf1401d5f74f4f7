// Messages as text, one line each, in the manner of libpq's PQtrace: for logs, and for tests that read as
// conversations.
//
//   F  Bind "" "s1" text '42' NULL results 1
//   B  DataRow '1' NULL 'a\x00b'
#pragma once

#include "messages.hpp"

#include <string>
#include <string_view>

namespace howdah::proxy::pgwire {

// Without a line end and without the leading "F  ".
std::string trace(const Message& message);
// Any number of whole messages of the server: "B  ReadyForQuery I\n" for each.
std::string trace_backend(std::string_view bytes);

std::string quoted(std::string_view s, char quote); // with \x.., \", \n and \\ inside

} // namespace howdah::proxy::pgwire
