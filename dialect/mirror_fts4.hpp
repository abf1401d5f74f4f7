// The tokenizers of fts4 and fts3. Private to mirror*.cpp.
#pragma once

#include "dialect/full_text_query.hpp"

namespace howdah::dialect {

// SQLite's own tokenizer, by its name and arguments, in a connection of its own. A term that is no text is told as
// howdah.fts4_bytes() tells it.
FindTokens fts4_tokenizer(const std::vector<std::string>& words);

} // namespace howdah::dialect
