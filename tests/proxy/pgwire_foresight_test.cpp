// What is foreseen of the messages that a client has sent already, and what ends the foresight.
#include "../support/wire_script.hpp"
#include "proxy/pgwire/conversation.hpp"

#include <catch2/catch.hpp>

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
