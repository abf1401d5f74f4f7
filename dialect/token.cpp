// The keyword table (https://sqlite.org/lang_keywords.html) and the names of the token kinds.
#include "dialect/token.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace howdah::dialect {

namespace {

struct Keyword {
    std::string_view word;
    TokenKind kind;
};

// Sorted by word. LIKE, GLOB and REGEXP are one kind, as are the words of a join and CURRENT_DATE and its like.
// clang-format off
constexpr Keyword keywords[] = {
    {"abort", TokenKind::abort},
    {"action", TokenKind::action},
    {"add", TokenKind::add},
    {"after", TokenKind::after},
    {"all", TokenKind::all},
    {"alter", TokenKind::alter},
    {"always", TokenKind::always},
    {"analyze", TokenKind::analyze},
    {"and", TokenKind::and_},
    {"as", TokenKind::as},
    {"asc", TokenKind::asc},
    {"attach", TokenKind::attach},
    {"autoincrement", TokenKind::autoincr},
    {"before", TokenKind::before},
    {"begin", TokenKind::begin},
    {"between", TokenKind::between},
    {"by", TokenKind::by},
    {"cascade", TokenKind::cascade},
    {"case", TokenKind::case_},
    {"cast", TokenKind::cast},
    {"check", TokenKind::check},
    {"collate", TokenKind::collate},
    {"column", TokenKind::column_kw},
    {"commit", TokenKind::commit},
    {"conflict", TokenKind::conflict},
    {"constraint", TokenKind::constraint},
    {"create", TokenKind::create},
    {"cross", TokenKind::join_kw},
    {"current", TokenKind::current},
    {"current_date", TokenKind::ctime_kw},
    {"current_time", TokenKind::ctime_kw},
    {"current_timestamp", TokenKind::ctime_kw},
    {"database", TokenKind::database},
    {"default", TokenKind::default_},
    {"deferrable", TokenKind::deferrable},
    {"deferred", TokenKind::deferred},
    {"delete", TokenKind::delete_},
    {"desc", TokenKind::desc},
    {"detach", TokenKind::detach},
    {"distinct", TokenKind::distinct},
    {"do", TokenKind::do_},
    {"drop", TokenKind::drop},
    {"each", TokenKind::each},
    {"else", TokenKind::else_},
    {"end", TokenKind::end},
    {"escape", TokenKind::escape},
    {"except", TokenKind::except},
    {"exclude", TokenKind::exclude},
    {"exclusive", TokenKind::exclusive},
    {"exists", TokenKind::exists},
    {"explain", TokenKind::explain},
    {"fail", TokenKind::fail},
    {"filter", TokenKind::filter},
    {"first", TokenKind::first},
    {"following", TokenKind::following},
    {"for", TokenKind::for_},
    {"foreign", TokenKind::foreign},
    {"from", TokenKind::from},
    {"full", TokenKind::join_kw},
    {"generated", TokenKind::generated},
    {"glob", TokenKind::like_kw},
    {"group", TokenKind::group},
    {"groups", TokenKind::groups},
    {"having", TokenKind::having},
    {"if", TokenKind::if_},
    {"ignore", TokenKind::ignore},
    {"immediate", TokenKind::immediate},
    {"in", TokenKind::in},
    {"index", TokenKind::index},
    {"indexed", TokenKind::indexed},
    {"initially", TokenKind::initially},
    {"inner", TokenKind::join_kw},
    {"insert", TokenKind::insert},
    {"instead", TokenKind::instead},
    {"intersect", TokenKind::intersect},
    {"into", TokenKind::into},
    {"is", TokenKind::is},
    {"isnull", TokenKind::isnull},
    {"join", TokenKind::join},
    {"key", TokenKind::key},
    {"last", TokenKind::last},
    {"left", TokenKind::join_kw},
    {"like", TokenKind::like_kw},
    {"limit", TokenKind::limit},
    {"match", TokenKind::match},
    {"materialized", TokenKind::materialized},
    {"natural", TokenKind::join_kw},
    {"no", TokenKind::no},
    {"not", TokenKind::not_},
    {"nothing", TokenKind::nothing},
    {"notnull", TokenKind::notnull},
    {"null", TokenKind::null},
    {"nulls", TokenKind::nulls},
    {"of", TokenKind::of},
    {"offset", TokenKind::offset},
    {"on", TokenKind::on},
    {"or", TokenKind::or_},
    {"order", TokenKind::order},
    {"others", TokenKind::others},
    {"outer", TokenKind::join_kw},
    {"over", TokenKind::over},
    {"partition", TokenKind::partition},
    {"plan", TokenKind::plan},
    {"pragma", TokenKind::pragma},
    {"preceding", TokenKind::preceding},
    {"primary", TokenKind::primary},
    {"query", TokenKind::query},
    {"raise", TokenKind::raise},
    {"range", TokenKind::range},
    {"recursive", TokenKind::recursive},
    {"references", TokenKind::references},
    {"regexp", TokenKind::like_kw},
    {"reindex", TokenKind::reindex},
    {"release", TokenKind::release},
    {"rename", TokenKind::rename},
    {"replace", TokenKind::replace},
    {"restrict", TokenKind::restrict},
    {"returning", TokenKind::returning},
    {"right", TokenKind::join_kw},
    {"rollback", TokenKind::rollback},
    {"row", TokenKind::row},
    {"rows", TokenKind::rows},
    {"savepoint", TokenKind::savepoint},
    {"select", TokenKind::select},
    {"set", TokenKind::set},
    {"table", TokenKind::table},
    {"temp", TokenKind::temp},
    {"temporary", TokenKind::temp},
    {"then", TokenKind::then},
    {"ties", TokenKind::ties},
    {"to", TokenKind::to},
    {"transaction", TokenKind::transaction},
    {"trigger", TokenKind::trigger},
    {"unbounded", TokenKind::unbounded},
    {"union", TokenKind::union_},
    {"unique", TokenKind::unique},
    {"update", TokenKind::update},
    {"using", TokenKind::using_},
    {"vacuum", TokenKind::vacuum},
    {"values", TokenKind::values},
    {"view", TokenKind::view},
    {"virtual", TokenKind::virtual_},
    {"when", TokenKind::when},
    {"where", TokenKind::where},
    {"window", TokenKind::window},
    {"with", TokenKind::with},
    {"without", TokenKind::without}};

constexpr std::string_view kind_names[] = {
    "end_of_input", "illegal", "semi", "left_paren", "right_paren", "comma", "dot", "plus", "minus", "star", "slash", "rem",
    "concat", "pointer", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "bit_and",
    "bit_or", "bit_not", "shift_left", "shift_right", "id", "string", "integer", "floating", "blob", "variable",
    "add", "all", "alter", "and", "as", "autoincr", "between", "case", "check", "collate", "commit", "constraint",
    "create", "default", "deferrable", "delete", "distinct", "drop", "else", "escape", "except", "exists",
    "filter", "foreign", "from", "group", "having", "in", "index", "indexed", "insert", "intersect", "into", "is",
    "isnull", "join", "join_kw", "limit", "not", "nothing", "notnull", "null", "on", "or", "order", "over",
    "primary", "references", "returning", "select", "set", "table", "then", "to", "transaction", "union", "unique",
    "update", "using", "values", "when", "where", "window", "abort", "action", "after", "always", "analyze", "asc",
    "attach", "before", "begin", "by", "cascade", "cast", "column_kw", "conflict", "ctime_kw", "current",
    "database", "deferred", "desc", "detach", "do", "each", "end", "exclude", "exclusive", "explain", "fail",
    "first", "following", "for", "generated", "groups", "if", "ignore", "immediate", "initially", "instead", "key",
    "last", "like_kw", "match", "materialized", "no", "nulls", "of", "offset", "others", "partition", "plan",
    "pragma", "preceding", "query", "raise", "range", "recursive", "reindex", "release", "rename", "replace",
    "restrict", "rollback", "row", "rows", "savepoint", "temp", "ties", "trigger", "unbounded", "vacuum", "view",
    "virtual", "with", "without",
};
// clang-format on

constexpr std::size_t longest_keyword = 17;

static_assert(std::is_sorted(std::begin(keywords), std::end(keywords),
                             [](const Keyword& a, const Keyword& b) { return a.word < b.word; }));

// Where the keywords of each letter begin; one more for the end of the last.
constexpr std::array<std::uint8_t, 27> letters = [] {
    std::array<std::uint8_t, 27> begins{};
    std::size_t i = 0;
    for (std::size_t letter = 0; letter < 26; ++letter) {
        begins[letter] = static_cast<std::uint8_t>(i);
        while (i < std::size(keywords) && keywords[i].word[0] == static_cast<char>('a' + letter))
            ++i;
    }
    begins[26] = static_cast<std::uint8_t>(i);
    return begins;
}();
static_assert(letters[26] == std::size(keywords) && std::size(keywords) < 256);
static_assert(std::size(kind_names) == static_cast<std::size_t>(TokenKind::without) + 1);

} // namespace

TokenKind keyword(std::string_view word)
{
    std::array<char, longest_keyword> folded{};
    if (word.size() < 2 || word.size() > longest_keyword)
        return TokenKind::id;
    for (std::size_t i = 0; i < word.size(); ++i)
        folded[i] = word[i] >= 'A' && word[i] <= 'Z' ? static_cast<char>(word[i] + ('a' - 'A')) : word[i];
    const std::string_view key(folded.data(), word.size());
    if (key[0] < 'a' || key[0] > 'z')
        return TokenKind::id;
    const std::size_t letter = static_cast<std::size_t>(key[0] - 'a');
    for (std::size_t i = letters[letter]; i < letters[letter + 1]; ++i)
        if (keywords[i].word.size() == key.size() && keywords[i].word == key)
            return keywords[i].kind;
    return TokenKind::id;
}

std::string_view name_of(TokenKind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

// SQLite stops at the first lone closing quote; a quote that is doubled stands for itself.
std::string unquoted(std::string_view token)
{
    if (token.empty())
        return {};
    char quote = token.front();
    if (quote != '\'' && quote != '"' && quote != '`' && quote != '[')
        return std::string(token);
    if (quote == '[')
        quote = ']';
    std::string out;
    out.reserve(token.size());
    for (std::size_t i = 1; i < token.size(); ++i) {
        if (token[i] == quote) {
            if (i + 1 >= token.size() || token[i + 1] != quote)
                break;
            ++i;
        }
        out += token[i];
    }
    return out;
}

} // namespace howdah::dialect
