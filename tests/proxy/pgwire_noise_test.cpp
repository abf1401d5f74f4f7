// Bytes that make no sense: nothing crashes, memory does not follow what they promise, and the machine stays in step.
#include "../support/wire_script.hpp"
#include "proxy/pgwire/login.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace howdah::test;

namespace {

// Feeds bytes in random pieces; every question gets a random answer.
void talk(std::mt19937& random, std::string_view bytes)
{
    Conversation conversation(Settings("ann", "main", "15.20"), test_options());
    Decoder decoder(100'000);
    decoder.enter(Decoder::Phase::running);
    const std::vector<pg::Column> columns{{"a", {}, pg::ColumnKind::integer}, {"b", {}, pg::ColumnKind::number}};
    bool in_transaction = false;
    while (!bytes.empty() && !conversation.over()) {
        const std::size_t n = std::min<std::size_t>(bytes.size(), 1 + random() % 50);
        decoder.feed(bytes.substr(0, n));
        bytes.remove_prefix(n);
        while (const auto message = decoder.next()) {
            trace(*message);
            conversation.on(*message);
            while (const auto action = conversation.next_action()) {
                in_transaction = in_transaction != (random() % 8 == 0);
                pg::Description d;
                pg::Outcome o;
                if (random() % 4 == 0)
                    d.error = o.error = pg::ClientError{};
                d.has_columns = random() % 2 == 0;
                d.columns = d.has_columns ? columns : std::vector<pg::Column>{};
                d.parameter_count = static_cast<int>(random() % 3);
                d.parameter_names.resize(static_cast<std::size_t>(d.parameter_count));
                o.suspended = random() % 4 == 0;
                if (std::holds_alternative<AskDescribe>(*action)) {
                    conversation.described(d);
                } else if (std::holds_alternative<AskRun>(*action) || std::holds_alternative<AskFetch>(*action)) {
                    if (d.has_columns)
                        conversation.columns(columns);
                    const pg::Value number = std::int64_t{1}, text = std::string("x");
                    const std::array views{howdah::dialect::view(number), howdah::dialect::view(text)};
                    conversation.row(views);
                    conversation.ran(o, !in_transaction);
                } else if (!std::holds_alternative<WriteOutput>(*action)) {
                    conversation.done(!in_transaction);
                }
            }
            trace_backend(conversation.output());
            conversation.output().clear();
        }
    }
}

std::string random_bytes_of(std::mt19937& random, std::size_t n)
{
    std::string s;
    for (std::size_t i = 0; i < n; ++i)
        s += static_cast<char>(random());
    return s;
}

} // namespace

TEST_CASE("random bytes on the wire are refused without harm")
{
    std::mt19937 random(20240229);
    for (int i = 0; i < 3000; ++i) {
        talk(random, random_bytes_of(random, random() % 300));
        Decoder decoder(1000);
        LoginOptions options;
        options.nonce = [] { return std::string("n"); };
        Login login(options);
        decoder.feed(random_bytes_of(random, random() % 100));
        while (const auto m = decoder.next())
            login.on(*m);
    }
}

TEST_CASE("messages in any order, some of them damaged, keep the machine in step")
{
    std::mt19937 random(7);
    const std::vector<std::string> lines{"Query \"SELECT 1; SELECT 2\"",
                                         "Query \"BEGIN\"",
                                         "Query \"DISCARD ALL\"",
                                         "Query \"SHOW ALL\"",
                                         "Parse \"\" \"SELECT ?\"",
                                         "Parse \"s\" \"SELECT $1\" 20",
                                         "Bind \"\" \"\" '1'",
                                         "Bind \"\" \"\"",
                                         "Bind \"p\" \"s\" '1' results 1",
                                         "Describe P \"\"",
                                         "Describe S \"s\"",
                                         "Describe P \"p\"",
                                         "Execute \"\"",
                                         "Execute \"\" 1",
                                         "Execute \"p\" 2",
                                         "Close S \"s\"",
                                         "Close P \"p\"",
                                         "Sync",
                                         "Flush",
                                         "FunctionCall",
                                         "CopyData",
                                         "Query \"DEALLOCATE ALL\"",
                                         "Parse \"v\" \"SELECT version()\"",
                                         "Bind \"\" \"v\"",
                                         "Query \"SET x.y = 1; RESET ALL\""};
    for (int i = 0; i < 4000; ++i) {
        std::string bytes;
        for (std::size_t n = random() % 30; n > 0; --n) {
            std::string message = client_bytes(lines[random() % lines.size()]);
            if (random() % 20 == 0)
                message[random() % message.size()] = static_cast<char>(random());
            bytes += message;
        }
        talk(random, bytes);
    }
}

TEST_CASE("a promised length takes no memory before its bytes come")
{
    Decoder decoder(1U << 30U);
    decoder.enter(Decoder::Phase::running);
    decoder.feed(std::string("Q\x3f\xff\xff\xff", 5));
    CHECK_FALSE(decoder.next());
    CHECK(decoder.prepare().size() < 100'000);
}
