// format:  printf('%d of %s', a, b)  =>  text(a) || ' of ' || text(b)      printf('%.2f', x)  =>  howdah.printf_f(x, 2)
//
// A literal format of plain %d, %s and %.Nf is a concatenation; any other is SQLite's printf on the server.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

struct Piece {
    std::string text;    // between conversions
    char conversion = 0; // 'd', 's', 'f', 0 for text
    int places = 0;      // of %.Nf
};

// The pieces of a format that has nothing but plain conversions; nullopt for any other.
std::optional<std::vector<Piece>> pieces_of(std::string_view format)
{
    std::vector<Piece> pieces;
    const auto add_text = [&pieces](char c) {
        if (pieces.empty() || pieces.back().conversion != 0)
            pieces.emplace_back();
        pieces.back().text += c;
    };
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%') {
            add_text(format[i]);
            continue;
        }
        if (++i == format.size())
            return std::nullopt;
        if (format[i] == '%') {
            add_text('%');
        } else if (format[i] == 'd' || format[i] == 'i') {
            pieces.push_back({"", 'd', 0});
        } else if (format[i] == 's') {
            pieces.push_back({"", 's', 0});
        } else if (i + 2 < format.size() && format[i] == '.' && format[i + 1] >= '0' && format[i + 1] <= '6' &&
                   format[i + 2] == 'f') {
            pieces.push_back({"", 'f', format[i + 1] - '0'});
            i += 2;
        } else {
            return std::nullopt;
        }
    }
    return pieces.empty() ? std::nullopt : std::optional(pieces);
}

std::string converted(const Piece& piece, const Fragment* argument)
{
    const bool missing = !argument || only_null(*argument);
    if (piece.conversion == 's') {
        if (missing)
            return "''::text";
        const std::string text = to_c_string(*argument).text;
        return argument->classes.nullable() ? call("COALESCE", {text, "''::text"}) : text;
    }
    if (piece.conversion == 'd') {
        if (missing)
            return "'0'::text";
        const std::string text = cast(to_integer(*argument).text, PgType::text);
        return argument->classes.nullable() ? call("COALESCE", {text, "'0'::text"}) : text;
    }
    const std::string real = missing ? "'0'::double precision" : to_real(*argument).text;
    return call("howdah.printf_f", {real, std::to_string(piece.places)});
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
