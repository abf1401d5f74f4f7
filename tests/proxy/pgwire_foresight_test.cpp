// What is foreseen of the messages that a client has sent already, and what ends the foresight.
#include "../support/wire_script.hpp"
#include "proxy/pgwire/conversation.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <random>

using namespace howdah;
using namespace howdah::proxy;
using namespace howdah::proxy::pgwire;

namespace {

// A conversation in which "s" is prepared, with one INTEGER parameter, and runs by way of the unnamed portal.
struct Talk {
    Conversation conversation{Settings("ann", "main", "15.20"), test::test_options()};
    Talk()
    {
        conversation.on(Parse{"s", "INSERT INTO t VALUES (?)", {oid::int8}});
        Description description;
        description.parameter_count = 1;
        description.parameter_names = {""};
        REQUIRE(conversation.next_action());
        conversation.described(description);
    }
    void run(std::string_view value)
    {
        conversation.on(bind(value));
        conversation.on(Execute{});
        REQUIRE(conversation.next_action());
    }
    static Bind bind(std::string_view value, std::string_view portal = {}) { return {portal, "s", {}, {value}, {}}; }
};

} // namespace

TEST_CASE("runs of a prepared statement are foreseen, across Describe and Sync")
{
    Talk talk;
    talk.run("1");
    Conversation::Foresight foresight(talk.conversation);
    CHECK_FALSE(foresight.on(Sync{}));
    CHECK_FALSE(foresight.on(Talk::bind("2")));
    CHECK_FALSE(foresight.on(Describe{'P', ""}));
    const auto next = foresight.on(Execute{"", 1}); // a limit of rows means nothing to what has none
    REQUIRE(next);
    CHECK(next->sql == "INSERT INTO t VALUES (?)");
    CHECK(next->parameters == std::vector<Value>{std::int64_t{2}});
    CHECK_FALSE(foresight.over());
}

TEST_CASE("a statement that is parsed again for each run is foreseen, until it is another")
{
    Talk talk;
    const Parse parse{"", "DELETE FROM t WHERE id = ?", {oid::int8}};
    Description description;
    description.parameter_count = 1;
    description.parameter_names = {""};
    talk.conversation.on(parse);
    REQUIRE(talk.conversation.next_action());
    talk.conversation.described(description);
    talk.conversation.on(Bind{"", "", {}, {"1"}, {}});
    talk.conversation.on(Execute{});
    REQUIRE(talk.conversation.next_action());

    Conversation::Foresight foresight(talk.conversation);
    for (int i = 0; i < 2; ++i) {
        CHECK_FALSE(foresight.on(parse));
        CHECK_FALSE(foresight.on(Bind{"", "", {}, {"2"}, {}}));
        CHECK(foresight.on(Execute{})->sql == "DELETE FROM t WHERE id = ?");
    }
    CHECK_FALSE(foresight.on(Query{"SELECT 1"})); // forgets it
    CHECK(foresight.next_of_script());
    CHECK_FALSE(foresight.on(parse));
    CHECK(foresight.over());
}

TEST_CASE("what is not plainly the next statement ends the foresight")
{
    const std::vector<std::vector<Message>> unknown{
        {Parse{"t", "SELECT 1", {}}},           // asks the session
        {Close{'S', "s"}},                      //
        {Execute{}},                            // nothing is bound
        {Talk::bind("2", "portal")},            //
        {Talk::bind("x")},                      // no integer
        {Talk::bind("2"), Execute{"other", 0}}, //
        {Bind{"", "unknown", {}, {}, {}}},      //
        {Bind{"", "s", {}, {}, {}}},            // too few values
        {Describe{'S', "s"}},                   //
        {Terminate{}},                          //
    };
    for (std::size_t i = 0; i < unknown.size(); ++i) {
        CAPTURE(i);
        Talk talk;
        talk.run("1");
        Conversation::Foresight foresight(talk.conversation);
        for (const Message& message : unknown[i])
            CHECK_FALSE(foresight.on(message));
        CHECK(foresight.over());
        CHECK_FALSE(foresight.on(Talk::bind("2")));
        CHECK_FALSE(foresight.on(Execute{}));
    }
}

TEST_CASE("the statements of scripts are foreseen one by one, up to what the session never sees")
{
    Talk talk;
    talk.conversation.on(Query{"SELECT 1; SELECT 2 ; ; SELECT 3"});
    REQUIRE(talk.conversation.next_action());
    Conversation::Foresight foresight(talk.conversation);
    CHECK(foresight.next_of_script()->sql == " SELECT 2 ;");
    CHECK(foresight.next_of_script()->sql == " SELECT 3");
    CHECK_FALSE(foresight.next_of_script());
    CHECK_FALSE(foresight.over());
    CHECK_FALSE(foresight.on(Query{"SELECT 4; SET application_name = 'x'; SELECT 5"}));
    CHECK(foresight.next_of_script()->sql == "SELECT 4;");
    CHECK_FALSE(foresight.next_of_script());
    CHECK(foresight.over());
}

namespace {

// What is foreseen behind the message that was answered last; the decoder stays where it is.
std::deque<Foreseen> all_foreseen(const Conversation& conversation, Decoder& decoder)
{
    std::deque<Foreseen> all;
    static std::deque<std::string> texts; // outlive the views
    const Decoder::Place here = decoder.place();
    Conversation::Foresight foresight(conversation);
    while (auto next = foresight.next(decoder)) {
        next->sql = texts.emplace_back(next->sql);
        all.push_back(std::move(*next));
    }
    decoder.go_back(here);
    return all;
}

Description described(std::string_view sql)
{
    Description d;
    d.parameter_count = sql.find_first_of("?$") != std::string_view::npos ? 1 : 0;
    d.parameter_names.resize(static_cast<std::size_t>(d.parameter_count));
    return d;
}

} // namespace

TEST_CASE("where every statement succeeds, what was foreseen is what is asked, in that order")
{
    std::mt19937 random(11);
    const std::vector<std::string> often{"Bind \"\" \"s\" '1'",
                                         "Bind \"\" \"s\" '2'",
                                         "Execute \"\"",
                                         "Describe P \"\"",
                                         "Sync",
                                         "Query \"INSERT 1; INSERT 2\"",
                                         "Query \"UPDATE 3\"",
                                         "Bind \"\" \"\" '7'",
                                         "Parse \"\" \"DELETE ?\" 20"};
    const std::vector<std::string> seldom{"Parse \"s\" \"INSERT $1\" 20",
                                          "Parse \"\" \"UPDATE ?\"",
                                          "Close S \"s\"",
                                          "Bind \"p\" \"s\" '1'",
                                          "Execute \"p\"",
                                          "Execute \"\" 1",
                                          "Query \"SET x.y = 1\"",
                                          "Query \"BEGIN READ ONLY; UPDATE 4\"",
                                          "Query \"COMMIT\"",
                                          "Bind \"\" \"s\" 'x'",
                                          "Query \"\"",
                                          "Describe S \"s\"",
                                          "Flush",
                                          "Query \"DISCARD ALL\"",
                                          "Query \"DEALLOCATE ALL; UPDATE 5\""};
    std::size_t fulfilled = 0;
    for (int i = 0; i < 3000; ++i) {
        Conversation conversation(Settings("ann", "main", "15.20"), test::test_options());
        Decoder decoder(100'000);
        decoder.enter(Decoder::Phase::running);
        std::string script = test::client_bytes(seldom.front());
        decoder.feed(script);
        for (std::size_t n = 5 + random() % 40; n > 0; --n)
            decoder.feed(test::client_bytes(random() % 5 > 0 ? often[random() % often.size()]
                                                             : seldom[random() % seldom.size()]));
        std::deque<Foreseen> foreseen;
        bool in_transaction = false;
        while (const auto message = decoder.next()) {
            conversation.on(*message);
            while (const auto action = conversation.next_action()) {
                const auto* const run = std::get_if<AskRun>(&*action);
                if (run != nullptr && run->options.max_rows == 0) {
                    if (!foreseen.empty()) {
                        CHECK(run->sql == foreseen.front().sql);
                        CHECK(std::equal(run->parameters.begin(), run->parameters.end(),
                                         foreseen.front().parameters.begin(), foreseen.front().parameters.end()));
                        foreseen.pop_front();
                        ++fulfilled;
                    } else {
                        foreseen = all_foreseen(conversation, decoder);
                    }
                    in_transaction = run->sql.starts_with("BEGIN") || (in_transaction && run->sql != "COMMIT");
                    conversation.ran(Outcome{}, !in_transaction);
                } else if (const auto* const describe = std::get_if<AskDescribe>(&*action)) {
                    conversation.described(described(describe->sql));
                } else if (run != nullptr || std::holds_alternative<AskFetch>(*action)) {
                    CHECK(foreseen.empty());
                    conversation.ran(Outcome{}, !in_transaction);
                } else if (!std::holds_alternative<WriteOutput>(*action)) {
                    conversation.done(!in_transaction);
                }
            }
            conversation.output().clear();
        }
        CHECK(foreseen.empty());
    }
    CHECK(fulfilled > 3000);
}
