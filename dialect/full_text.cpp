// See full_text.hpp.
#include "dialect/full_text.hpp"

#include "dialect/error.hpp"
#include "dialect/printer.hpp"
#include "dialect/schema_names.hpp"

#include <algorithm>
#include <array>

namespace howdah::dialect {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_bareword(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '\x1a' ||
           (static_cast<unsigned char>(c) & 0x80) != 0;
}

// Words as fts5 reads them: barewords, and strings in any of SQLite's quotes.
class Words {
public:
    explicit Words(std::string_view text) : text_(text) { skip_space(); }

    bool at_end() const { return text_.empty(); }
    bool accept(char c)
    {
        if (text_.empty() || text_.front() != c)
            return false;
        text_.remove_prefix(1);
        skip_space();
        return true;
    }
    std::string next()
    {
        std::string word;
        const char open = text_.empty() ? '\0' : text_.front();
        if (open == '"' || open == '\'' || open == '`' || open == '[') {
            word = quoted(open == '[' ? ']' : open);
        } else {
            std::size_t n = 0;
            while (n < text_.size() && is_bareword(text_[n]))
                ++n;
            n = std::max<std::size_t>(n, text_.empty() ? 0 : 1);
            word = text_.substr(0, n);
            text_.remove_prefix(n);
        }
        skip_space();
        return word;
    }

private:
    void skip_space()
    {
        while (!text_.empty() && is_space(text_.front()))
            text_.remove_prefix(1);
    }
    std::string quoted(char close)
    {
        std::string word;
        std::size_t i = 1;
        for (; i < text_.size(); ++i) {
            if (text_[i] == close) {
                if (close == ']' || i + 1 >= text_.size() || text_[i + 1] != close)
                    break;
                ++i;
            }
            word += text_[i];
        }
        text_.remove_prefix(std::min(text_.size(), i + 1));
        return word;
    }
    std::string_view text_;
};

std::vector<std::string> words_of(std::string_view text)
{
    std::vector<std::string> out;
    for (Words words(text); !words.at_end();)
        out.push_back(words.next());
    return out;
}

void read_content(FullText& text, const std::string& value)
{
    text.content = value.empty() ? FullText::Content::none : FullText::Content::external;
    text.content_table = value;
}

// SQLite takes an option by any beginning of its name, in this order.
void read_option(FullText& text, const std::string& name, const std::string& value)
{
    const auto begins = [&](std::string_view option) {
        return name.size() <= option.size() && equal_names(option.substr(0, name.size()), name);
    };
    if (begins("prefix"))
        return;
    if (begins("tokenize"))
        text.tokenizer = words_of(value);
    else if (begins("content"))
        read_content(text, value);
    else if (begins("content_rowid"))
        text.content_rowid = value;
    else if (begins("columnsize"))
        text.column_sizes = value != "0";
    else if (begins("detail"))
        text.detail = equal_names(value, "none")                                      ? FullText::Detail::none
                      : equal_names(value, "column") || equal_names(value, "columns") ? FullText::Detail::column
                                                                                      : FullText::Detail::full;
}

// Options of a tokenizer: names and values in turn.
struct TokenizerOptions {
    std::string diacritics = "1", token_characters, separators, case_sensitive = "0";
};

TokenizerOptions read_tokenizer_options(const std::vector<std::string>& words, std::size_t from)
{
    TokenizerOptions o;
    for (std::size_t i = from; i + 1 < words.size(); i += 2) {
        const std::string& value = words[i + 1];
        if (equal_names(words[i], "remove_diacritics"))
            o.diacritics = value;
        else if (equal_names(words[i], "tokenchars"))
            o.token_characters += value;
        else if (equal_names(words[i], "separators"))
            o.separators += value;
        else if (equal_names(words[i], "case_sensitive"))
            o.case_sensitive = value;
        else
            throw refusal("the tokenizer option " + words[i] + " is not supported");
    }
    // What stands in both lists is what the later one says; SQLite keeps the order, this does not.
    for (const char c : o.token_characters)
        if (o.separators.find(c) != std::string::npos)
            throw refusal("a character that is a token character and a separator");
    return o;
}

} // namespace

bool is_full_text_module(std::string_view module)
{
    return equal_names(module, "fts5") || equal_names(module, "fts4") || equal_names(module, "fts3");
}

FullText read_full_text(std::string_view module, const std::vector<std::string>& args)
{
    if (!equal_names(module, "fts5"))
        return read_fts4(equal_names(module, "fts4") ? FullText::Module::fts4 : FullText::Module::fts3, args);
    FullText text;
    for (const std::string& arg : args) {
        Words words(arg);
        const std::string name = words.next();
        if (words.accept('=')) {
            read_option(text, name, words.at_end() ? std::string() : words.next());
            continue;
        }
        text.columns.push_back({name, words.at_end() || !equal_names(words.next(), "unindexed")});
    }
    return text;
}

std::string json_string(std::string_view text)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            out += std::string("\\u00") + digits[static_cast<unsigned char>(c) >> 4] + digits[c & 15];
        else
            out += c;
    }
    return out + '"';
}

std::string unicode61_json(const std::vector<std::string>& options)
{
    const TokenizerOptions o = read_tokenizer_options(options, 0);
    std::string out = "{\"kind\": \"unicode61\", \"diacritics\": " + o.diacritics;
    if (!o.token_characters.empty())
        out += ", \"tokenchars\": " + json_string(o.token_characters);
    if (!o.separators.empty())
        out += ", \"separators\": " + json_string(o.separators);
    return out + "}";
}

std::string tokenizer_json(const FullText& text)
{
    if (!text.is_fts5())
        return fts4_tokenizer_json(text);
    const std::vector<std::string>& words = text.tokenizer;
    std::size_t at = 0;
    const bool porter = !words.empty() && equal_names(words[0], "porter");
    at += porter ? 1 : 0;
    const std::string name = at < words.size() ? fold(words[at++]) : "unicode61";
    constexpr std::array<std::string_view, 3> known = {"unicode61", "ascii", "trigram"};
    if (std::find(known.begin(), known.end(), name) == known.end())
        throw refusal("the fts5 tokenizer " + name + " is not supported");
    const TokenizerOptions o = read_tokenizer_options(words, at);
    std::string out = "{\"kind\": " + json_string(name);
    if (porter)
        out += ", \"porter\": true";
    if (name == "unicode61")
        out += ", \"diacritics\": " + o.diacritics;
    if (name == "trigram" && o.case_sensitive != "0")
        out += ", \"case_sensitive\": true";
    if (name != "trigram" && !o.token_characters.empty())
        out += ", \"tokenchars\": " + json_string(o.token_characters);
    if (name != "trigram" && !o.separators.empty())
        out += ", \"separators\": " + json_string(o.separators);
    return out + "}";
}

std::string text_array(const FullText& text, const std::vector<std::string>& values)
{
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < text.columns.size(); ++i)
        parts.push_back(text.columns[i].indexed ? call("howdah.fts_text", {values[i]}) : "NULL");
    return "ARRAY[" + join(parts, ", ") + "]::text[]";
}

std::string doc_of(const FullText& text, const std::vector<std::string>& values)
{
    return call("howdah.fts_doc_of", {quote_string(tokenizer_json(text)), text_array(text, values)});
}

std::string full_text_index(const Table& table) { return pg_identifier(table.pg_prefix + table.name + "~fts"); }

std::vector<std::string> create_full_text_statements(const Table& table)
{
    const FullText& text = *table.full_text;
    const bool own = text.content == FullText::Content::own;
    std::vector<std::string> parts, values, rows;
    for (std::size_t i = 0; i < text.columns.size(); ++i) {
        const std::string column = quote_identifier(table.columns[i].pg);
        parts.push_back(column + " howdah.v");
        values.push_back(column);
        rows.push_back("($1)." + column);
    }
    const std::string doc = quote_identifier(doc_column);
    parts.push_back(quote_identifier(table.rowid_pg) + " bigint NOT NULL");
    parts.push_back(doc + " howdah.fts_doc" +
                    (own ? " GENERATED ALWAYS AS (" + doc_of(text, values) + ") STORED" : std::string()));
    parts.push_back("CONSTRAINT " + quote_identifier(rowid_index_name(table)) + " UNIQUE (" +
                    quote_identifier(table.rowid_pg) + ")");
    std::vector<std::string> out{"CREATE TABLE " + pg_name(table) + " (" + join(parts, ", ") + ")",
                                 "CREATE INDEX " + quote_identifier(full_text_index(table)) + " ON " + pg_name(table) +
                                     " USING gin (howdah.fts_vector(" + doc + "))"};
    if (!own)
        out.push_back("CREATE TRIGGER \"~doc\" BEFORE INSERT ON " + pg_name(table) +
                      " FOR EACH ROW EXECUTE FUNCTION howdah.fts_keep_doc(" + quote_string(doc_of(text, rows)) + ")");
    return out;
}

} // namespace howdah::dialect
