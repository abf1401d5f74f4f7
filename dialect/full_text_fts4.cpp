// The arguments of USING fts4(…) and fts3(…) (https://sqlite.org/fts3.html#fts4_options); see full_text.hpp.
#include "dialect/error.hpp"
#include "dialect/full_text.hpp"
#include "dialect/printer.hpp"
#include "dialect/schema_names.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

bool is_identifier(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (static_cast<unsigned char>(c) & 0x80) != 0;
}

bool is_quote(char c) { return c == '"' || c == '\'' || c == '`' || c == '['; }

// Takes a string in any of SQLite's quotes off the front of `text`.
std::string take_quoted(std::string_view& text)
{
    const char close = text.front() == '[' ? ']' : text.front();
    std::string word;
    std::size_t i = 1;
    for (; i < text.size(); ++i) {
        if (text[i] == close) {
            if (close == ']' || i + 1 >= text.size() || text[i + 1] != close)
                break;
            ++i;
        }
        word += text[i];
    }
    text.remove_prefix(std::min(text.size(), i + 1));
    return word;
}

// Identifiers and strings; what is between them counts for nothing.
std::vector<std::string> words_of(std::string_view text)
{
    std::vector<std::string> out;
    while (!text.empty()) {
        if (is_quote(text.front())) {
            out.push_back(take_quoted(text));
        } else if (is_identifier(text.front())) {
            const auto end = std::find_if_not(text.begin(), text.end(), is_identifier);
            out.emplace_back(text.begin(), end);
            text.remove_prefix(out.back().size());
        } else {
            text.remove_prefix(1);
        }
    }
    return out;
}

std::string dequoted(std::string_view text)
{
    return !text.empty() && is_quote(text.front()) ? take_quoted(text) : std::string(text);
}

bool is_tokenizer(std::string_view arg)
{
    constexpr std::string_view word = "tokenize";
    return arg.size() > word.size() && equal_names(arg.substr(0, word.size()), word) &&
           !is_identifier(arg[word.size()]);
}

void read_option(FullText& text, std::string_view name, const std::string& value, std::vector<std::string>& unindexed)
{
    if (equal_names(name, "matchinfo")) {
        text.column_sizes = false;
    } else if (equal_names(name, "order")) {
        text.descending = equal_names(value, "desc");
    } else if (equal_names(name, "content")) {
        text.content = value.empty() ? FullText::Content::none : FullText::Content::external;
        text.content_table = value;
    } else if (equal_names(name, "notindexed")) {
        unindexed.push_back(value);
    } else if (!equal_names(name, "prefix")) {
        throw refusal("the fts4 option " + std::string(name) + "= is not supported");
    }
}

// unicode61's arguments: "name=value".
std::vector<std::string> named_values(const std::vector<std::string>& words)
{
    std::vector<std::string> out;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::size_t equals = words[i].find('=');
        out.push_back(words[i].substr(0, equals));
        out.push_back(equals == std::string::npos ? std::string() : words[i].substr(equals + 1));
    }
    return out;
}

} // namespace

FullText read_fts4(FullText::Module module, const std::vector<std::string>& args)
{
    FullText text;
    text.module = module;
    text.column_sizes = module == FullText::Module::fts4;
    std::vector<std::string> unindexed;
    bool tokenizer = false;
    for (const std::string& arg : args) {
        const std::size_t equals = arg.find('=');
        if (!tokenizer && is_tokenizer(arg)) {
            tokenizer = true;
            text.tokenizer = words_of(std::string_view(arg).substr(9));
        } else if (module == FullText::Module::fts4 && equals != std::string::npos) {
            read_option(text, std::string_view(arg).substr(0, equals),
                        dequoted(std::string_view(arg).substr(equals + 1)), unindexed);
        } else {
            const std::vector<std::string> words = words_of(arg);
            text.columns.push_back({words.empty() ? std::string() : words.front(), true});
        }
    }
    if (text.columns.empty() && text.content == FullText::Content::external)
        throw refusal("an fts4 table with the columns of its content; name them");
    if (text.columns.empty())
        text.columns.push_back({"content", true});
    // The rowid's own name in PostgreSQL.
    if (std::any_of(text.columns.begin(), text.columns.end(),
                    [](const auto& c) { return equal_names(c.name, "rowid"); }))
        throw refusal("an fts4 table with a column named rowid");
    for (auto& column : text.columns)
        column.indexed = std::none_of(unindexed.begin(), unindexed.end(),
                                      [&](const std::string& name) { return equal_names(name, column.name); });
    return text;
}

std::string fts4_tokenizer_json(const FullText& text)
{
    const std::vector<std::string>& words = text.tokenizer;
    const std::string name = words.empty() ? "simple" : words.front();
    // A second argument is a list of separators.
    if (name == "simple" && words.size() < 3)
        return "{\"kind\": \"ascii\"}";
    if (name == "porter")
        return "{\"kind\": \"ascii\", \"tokenchars\": \"_\", \"porter4\": true}";
    if (name == "unicode61")
        return unicode61_json(named_values(words));
    throw refusal("the fts4 tokenizer " + join(words, " ") + " is not supported");
}

} // namespace howdah::dialect
