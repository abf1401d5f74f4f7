#include "proxy/shell.hpp"

#include "proxy/config.hpp"
#include "proxy/json_text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <editline/readline.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <vector>

namespace howdah::proxy {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr const char* help = R"(.tables [PATTERN]   tables and views
.schema [PATTERN]   their CREATE statements
.quit               leave (or Ctrl-D)
Anything else is SQL, up to a ';'.
)";

using Row = std::vector<std::string>;

std::string quoted(std::string_view text)
{
    std::string out;
    append_json_string(out, text);
    return out;
}

// A cell as the sqlite3 shell's `.mode list` shows it, except that BLOBs are x'…'.
std::string cell_text(const json::value& value)
{
    if (value.is_null())
        return "";
    if (const auto* text = value.if_string())
        return {text->data(), text->size()};
    if (const auto* object = value.if_object()) {
        const auto& [kind, content] = *object->begin();
        if (kind == "real")
            return content == "inf" ? "Inf" : "-Inf";
        auto bytes = decode_base64({content.get_string().data(), content.get_string().size()}).value_or("");
        if (kind == "text")
            return bytes;
        std::string hex = "x'";
        for (const char c : bytes)
            hex.append(1, "0123456789abcdef"[static_cast<unsigned char>(c) >> 4U])
                .append(1, "0123456789abcdef"[static_cast<unsigned char>(c) & 15U]);
        return hex + "'";
    }
    if (const auto* real = value.if_double()) {
        std::string text;
        append_json_real(text, *real);
        return text;
    }
    return json::serialize(value);
}

std::size_t width(std::string_view text)
{
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

class Shell {
public:
    explicit Shell(const ShellOptions& options)
        : socket_(io_), terminal_(isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1)
    {
        connect(options.address);
        std::string hello = "{\"hello\":{\"database\":" + quoted(options.database);
        if (!options.user.empty())
            hello += ",\"user\":" + quoted(options.user) + ",\"password\":" + quoted(options.password);
        send(hello + "}}");
        const json::value answer = receive();
        if (!answer.as_object().contains("hello"))
            throw std::runtime_error(message_of(answer));
    }

    int run()
    {
        if (terminal_)
            std::cout << "howdah " << HOWDAH_VERSION << ". SQL ends with ';', .help lists the rest.\n";
        bool all_well = true;
        std::string pending;
        while (const auto line = read_line(pending.empty() ? "howdah> " : "   ...> ")) {
            if (pending.empty() && line->starts_with('.')) {
                if (!command(*line))
                    break;
                continue;
            }
            pending += *line + "\n";
            if (is_complete(pending)) {
                all_well = ask("{\"sql\":" + quoted(pending) + "}") && all_well;
                pending.clear();
            }
        }
        if (!pending.empty() && pending.find_first_not_of(" \t\n") != std::string::npos)
            all_well = ask("{\"sql\":" + quoted(pending) + "}") && all_well;
        return all_well || terminal_ ? 0 : 1;
    }

private:
    void connect(const std::string& address)
    {
        const auto parsed = parse_address(address);
        if (!parsed)
            throw std::runtime_error(address + " is not an address; try 127.0.0.1:7433 or unix:/path");
        if (!parsed->unix_path.empty()) {
            socket_.connect(asio::local::stream_protocol::endpoint(parsed->unix_path));
            return;
        }
        asio::ip::tcp::resolver resolver(io_);
        asio::ip::tcp::socket tcp(io_);
        asio::connect(tcp, resolver.resolve(parsed->host, parsed->port));
        socket_ = std::move(tcp);
    }

    void send(const std::string& request) { asio::write(socket_, asio::buffer(request + "\n")); }

    json::value receive()
    {
        const std::size_t size = asio::read_until(socket_, asio::dynamic_buffer(in_), '\n');
        json::value value = json::parse(json::string_view(in_.data(), size - 1));
        in_.erase(0, size);
        return value;
    }

    static std::string message_of(const json::value& answer)
    {
        const auto* error = answer.is_object() ? answer.get_object().if_contains("error") : nullptr;
        if (error == nullptr)
            return "an answer that this shell does not understand: " + std::string(json::serialize(answer));
        const auto& message = error->at("message").as_string();
        return {message.data(), message.size()};
    }

    // Sends a request and shows its answers. False after an error.
    bool ask(const std::string& request)
    {
        send(request);
        std::vector<Row> table;
        for (;;) {
            const json::value answer = receive();
            if (const auto* row = answer.if_array()) {
                Row cells;
                std::transform(row->begin(), row->end(), std::back_inserter(cells), cell_text);
                add_row(table, std::move(cells));
                continue;
            }
            const json::object& object = answer.as_object();
            if (const auto* columns = object.if_contains("columns")) {
                Row names;
                for (const auto& name : columns->as_array())
                    names.emplace_back(name.get_string().data(), name.get_string().size());
                if (terminal_)
                    table.push_back(std::move(names));
                continue;
            }
            show(table);
            table.clear();
            if (object.contains("error")) {
                std::cerr << "Error: " << message_of(answer) << std::endl;
                return false;
            }
            if (!object.contains("more"))
                return true;
        }
    }

    // On a terminal a table is gathered for its widths, a thousand rows at a time; elsewhere rows are shown as they
    // come.
    void add_row(std::vector<Row>& table, Row row)
    {
        if (terminal_) {
            table.push_back(std::move(row));
            if (table.size() > 1000) {
                Row names = table.front();
                show(table);
                table = {std::move(names)};
            }
            return;
        }
        for (std::size_t i = 0; i < row.size(); ++i)
            std::cout << (i > 0 ? "|" : "") << row[i];
        std::cout << "\n";
    }

    static void show(const std::vector<Row>& table)
    {
        std::vector<std::size_t> widths;
        for (const auto& row : table)
            for (std::size_t i = 0; i < row.size(); ++i) {
                widths.resize(std::max(widths.size(), i + 1));
                widths[i] = std::max(widths[i], width(row[i]));
            }
        for (std::size_t r = 0; r < table.size(); ++r) {
            for (std::size_t i = 0; i < table[r].size(); ++i)
                std::cout << (i > 0 ? "  " : "") << table[r][i]
                          << std::string(i + 1 < table[r].size() ? widths[i] - width(table[r][i]) : 0, ' ');
            std::cout << "\n";
            if (r > 0)
                continue;
            for (std::size_t i = 0; i < widths.size(); ++i)
                std::cout << (i > 0 ? "  " : "") << std::string(widths[i], '-');
            std::cout << "\n";
        }
        std::cout.flush();
    }

    std::optional<std::string> read_line(const char* prompt)
    {
        std::string line;
        if (!terminal_)
            return std::getline(std::cin, line) ? std::optional(line) : std::nullopt;
        char* typed = readline(prompt);
        if (typed == nullptr) {
            std::cout << "\n";
            return std::nullopt;
        }
        line = typed;
        std::free(typed);
        if (!line.empty())
            add_history(line.c_str());
        return line;
    }

    // False: leave.
    bool command(const std::string& line)
    {
        const auto space = std::min(line.find(' '), line.size());
        const std::string name = line.substr(0, space);
        const std::string pattern = quoted(space < line.size() ? line.substr(space + 1) : "%");
        const std::string where =
            " FROM sqlite_schema WHERE name LIKE ?1 AND name NOT LIKE 'sqlite\\\\_%' ESCAPE '\\\\'";
        if (name == ".quit" || name == ".exit")
            return false;
        if (name == ".tables")
            ask("{\"sql\":\"SELECT name" + where + " AND type IN ('table','view') ORDER BY name\",\"params\":[" +
                pattern + "]}");
        else if (name == ".schema")
            ask("{\"sql\":\"SELECT sql || ';' AS sql" + where + " AND sql IS NOT NULL\",\"params\":[" + pattern + "]}");
        else
            std::cout << help;
        return true;
    }

    // Whether the text ends with a semicolon that ends a statement: outside of strings and comments, and not inside the
    // body of a trigger.
    static bool is_complete(std::string_view text);

    asio::io_context io_;
    asio::generic::stream_protocol::socket socket_;
    std::string in_;
    bool terminal_;
};

// The words and semicolons of the text, without what strings and comments hide.
std::vector<std::string> words_of(std::string_view text)
{
    std::vector<std::string> words;
    const auto skip_past = [&](std::size_t from, std::string_view end) {
        const auto at = text.find(end, from);
        return at == std::string_view::npos ? std::string_view::npos : at + end.size();
    };
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        std::size_t next = i + 1;
        if (text.substr(i, 2) == "--")
            next = skip_past(i, "\n");
        else if (text.substr(i, 2) == "/*")
            next = skip_past(i + 2, "*/");
        else if (c == '\'' || c == '"' || c == '`')
            next = skip_past(i + 1, std::string_view(&c, 1));
        else if (c == '[')
            next = skip_past(i + 1, "]");
        else if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
            while (next < text.size() &&
                   (std::isalnum(static_cast<unsigned char>(text[next])) != 0 || text[next] == '_'))
                ++next;
            words.emplace_back(text.substr(i, next - i));
            std::transform(words.back().begin(), words.back().end(), words.back().begin(),
                           [](unsigned char x) { return static_cast<char>(std::toupper(x)); });
        } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
            words.emplace_back(1, c);
        }
        if (next == std::string_view::npos) {
            words.emplace_back("(unfinished)");
            break;
        }
        i = next;
    }
    return words;
}

bool Shell::is_complete(std::string_view text)
{
    auto words = words_of(text);
    if (words.empty() || words.back() != ";")
        return words.empty(); // only comments and spaces: nothing is pending
    words.erase(
        std::remove_if(words.begin(), words.end(), [](const auto& w) { return w == "TEMP" || w == "TEMPORARY"; }),
        words.end());
    const std::vector<std::string> create{"CREATE", "TRIGGER"};
    if (std::search(words.begin(), words.end(), create.begin(), create.end()) == words.end())
        return true;
    return words.size() >= 3 && words[words.size() - 2] == "END" && words[words.size() - 3] == ";";
}

} // namespace

int run_shell(const ShellOptions& options)
{
    try {
        return Shell(options).run();
    } catch (const std::exception& error) {
        std::cerr << "howdah shell: " << error.what() << std::endl;
        return 1;
    }
}

} // namespace howdah::proxy
