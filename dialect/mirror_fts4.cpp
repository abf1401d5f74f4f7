// See mirror_fts4.hpp.
#include "dialect/mirror_fts4.hpp"

#include "dialect/mirror_statement.hpp"
#include "dialect/printer.hpp"

#include <sqlite3.h>

#include <map>

namespace howdah::dialect {

namespace {

// The bytes of the character that `text` begins with; 0 when it begins with none.
std::size_t character_size(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto continues = [&](std::size_t i) { return byte(i) >= 0x80 && byte(i) <= 0xbf; };
    const unsigned lead = byte(0);
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < low || byte(1) > high)
        return 0;
    if (lead < 0xe0)
        return 2;
    if (!continues(2))
        return 0;
    return lead < 0xf0 ? 3 : continues(3) ? 4 : 0;
}

std::string as_text(std::string_view bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::size_t i = 0;
    while (i < bytes.size()) {
        const std::size_t size = character_size(bytes.substr(i));
        if (size == 0)
            break;
        i += size;
    }
    std::string out(bytes.substr(0, i));
    if (i < bytes.size())
        out += '\x01';
    for (; i < bytes.size(); ++i) {
        out += digits[static_cast<unsigned char>(bytes[i]) >> 4];
        out += digits[static_cast<unsigned char>(bytes[i]) & 15];
    }
    return out;
}

// One tokenizer as a table: WHERE input = ? gives the tokens.
class TokenTable {
public:
    explicit TokenTable(const std::vector<std::string>& words)
    {
        if (sqlite3_open(":memory:", &db_) != SQLITE_OK) {
            const Error error = error_of(db_);
            sqlite3_close(db_);
            throw error;
        }
        std::vector<std::string> arguments;
        for (const std::string& word : words)
            arguments.push_back(quote_string(word));
        try {
            const Prepared create(db_, "CREATE VIRTUAL TABLE t USING fts3tokenize(" + join(arguments, ", ") + ")");
            step(create.get());
            tokens_ = Prepared(db_, "SELECT token, start, \"end\" FROM t WHERE input = ?1").release();
        } catch (const Error&) {
            sqlite3_close_v2(db_);
            throw;
        }
    }
    ~TokenTable()
    {
        sqlite3_finalize(tokens_);
        sqlite3_close(db_);
    }
    TokenTable(const TokenTable&) = delete;
    TokenTable& operator=(const TokenTable&) = delete;

    std::vector<QueryToken> find(std::string_view text, bool first) const
    {
        std::vector<QueryToken> out;
        const Value input[] = {std::string(text)};
        const Reset reset(tokens_);
        bind(tokens_, std::span<const Value>(input));
        while ((!first || out.empty()) && step(tokens_))
            out.push_back({as_text(column(tokens_, 0).bytes), static_cast<std::size_t>(column(tokens_, 1).integer),
                           static_cast<std::size_t>(column(tokens_, 2).integer)});
        return out;
    }

private:
    sqlite3* db_ = nullptr;
    sqlite3_stmt* tokens_ = nullptr;
};

// Opened once for each tokenizer that a thread asks for; few are ever different.
std::shared_ptr<TokenTable> token_table(const std::vector<std::string>& words)
{
    constexpr std::size_t most = 16;
    thread_local std::map<std::vector<std::string>, std::shared_ptr<TokenTable>> tables;
    if (const auto found = tables.find(words); found != tables.end())
        return found->second;
    if (tables.size() >= most)
        tables.clear();
    return tables.emplace(words, std::make_shared<TokenTable>(words)).first->second;
}

} // namespace

FindTokens fts4_tokenizer(const std::vector<std::string>& words)
{
    auto table = token_table(words.empty() ? std::vector<std::string>{"simple"} : words);
    return [table = std::move(table)](std::string_view text, bool first) { return table->find(text, first); };
}

} // namespace howdah::dialect
