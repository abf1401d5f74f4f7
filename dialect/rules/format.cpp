// format:  printf('%d of %s', a, b)  =>  text(a) || ' of ' || text(b)      printf('%.2f', x)  =>  howdah.printf_f(x, 2)
//
// A literal format of %d, %s, %x and %.Nf, with a width or without, is a concatenation; any other is SQLite's printf on
// the server, which takes a hundred times as long.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

struct Piece {
    std::string text;    // between conversions
    char conversion = 0; // 'd', 's', 'x', 'X', 'f', 0 for text
    int places = 0;      // of %.Nf
    int width = 0;
    char padding = 0; // '0' or '-' before the width
};

constexpr int max_width = 999;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The conversion at the front of `rest` (behind its '%'), which it leaves; nullopt for one that is not plain.
std::optional<Piece> conversion_of(std::string_view& rest)
{
    Piece piece;
    const auto next = [&rest] { return rest.empty() ? '\0' : rest.front(); };
    if (next() == '0' || next() == '-') {
        piece.padding = next();
        rest.remove_prefix(1);
        if (piece.padding == '-' && next() == '0')
            return std::nullopt; // both flags
    }
    for (; is_digit(next()) && piece.width <= max_width; rest.remove_prefix(1))
        piece.width = piece.width * 10 + (next() - '0');
    const bool has_places = rest.size() > 2 && rest[0] == '.' && rest[1] >= '0' && rest[1] <= '6' && rest[2] == 'f';
    if (has_places) {
        piece.places = rest[1] - '0';
        rest.remove_prefix(2);
    }
    piece.conversion = next() == 'i' ? 'd' : next();
    const bool known = has_places || (piece.conversion != '\0' &&
                                      std::string_view("dsxX").find(piece.conversion) != std::string_view::npos);
    if (!known || piece.width > max_width || (piece.padding == '0' && piece.conversion == 's'))
        return std::nullopt;
    rest.remove_prefix(1);
    return piece;
}

// The pieces of a format that has nothing but plain conversions; nullopt for any other.
std::optional<std::vector<Piece>> pieces_of(std::string_view format)
{
    std::vector<Piece> pieces;
    const auto add_text = [&pieces](char c) {
        if (pieces.empty() || pieces.back().conversion != 0)
            pieces.emplace_back();
        pieces.back().text += c;
    };
    while (!format.empty()) {
        const char c = format.front();
        format.remove_prefix(1);
        if (c != '%' || format.starts_with('%')) {
            add_text(c);
            if (c == '%')
                format.remove_prefix(1);
            continue;
        }
        const std::optional<Piece> piece = conversion_of(format);
        if (!piece)
            return std::nullopt;
        pieces.push_back(*piece);
    }
    return pieces.empty() ? std::nullopt : std::optional(pieces);
}

std::string without_width(const Piece& piece, const Fragment* argument)
{
    const bool missing = !argument || only_null(*argument);
    if (piece.conversion == 's') {
        if (missing)
            return "''::text";
        const std::string text = to_c_string(*argument).text;
        return argument->classes.nullable() ? call("COALESCE", {text, "''::text"}) : text;
    }
    if (piece.conversion != 'f') {
        if (missing)
            return "'0'::text";
        const std::string number = to_integer(*argument).text;
        const std::string text = piece.conversion == 'd'   ? cast(number, PgType::text)
                                 : piece.conversion == 'x' ? call("to_hex", {number})
                                                           : call("upper", {call("to_hex", {number})});
        return argument->classes.nullable() ? call("COALESCE", {text, "'0'::text"}) : text;
    }
    const std::string real = missing ? "'0'::double precision" : to_real(*argument).text;
    return call("howdah.printf_f", {real, std::to_string(piece.places)});
}

std::string converted(const Piece& piece, const Fragment* argument)
{
    const std::string text = without_width(piece, argument);
    if (piece.width == 0)
        return text;
    const std::string_view function = piece.padding == '0'   ? "howdah.pad_zeros"
                                      : piece.padding == '-' ? "howdah.pad_right"
                                                             : "howdah.pad_left";
    return call(function, {text, std::to_string(piece.width)});
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"printf", "format"});
    if (!n || n->args.empty())
        return std::nullopt;
    const auto format = text_literal(*n->args[0]);
    std::vector<Fragment> args;
    for (std::size_t i = 1; i < n->args.size(); ++i)
        args.push_back(lowering.value(*n->args[i]));
    if (const auto pieces = format ? pieces_of(*format) : std::nullopt) {
        std::vector<std::string> texts;
        std::size_t next = 0;
        for (const Piece& piece : *pieces) {
            if (piece.conversion == 0) {
                texts.push_back(literal(piece.text).text);
                continue;
            }
            texts.push_back(converted(piece, next < args.size() ? &args[next] : nullptr));
            ++next;
        }
        return Fragment{parens(join(texts, " || ")), PgType::text, StorageClass::text};
    }
    std::vector<std::string> texts{to_text(lowering.value(*n->args[0])).text};
    for (const Fragment& f : args)
        texts.push_back(widen(f, PgType::v).text);
    return Fragment{call("howdah.printf", texts), PgType::text, text_or_null};
}

} // namespace

const Rule format{"format", lower};

} // namespace howdah::dialect::rules
