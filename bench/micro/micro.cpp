// Micro-benchmarks of what every statement passes through: lexing, compiling, finding a plan, frames of both wires.
#include "dialect/compile.hpp"
#include "dialect/lexer.hpp"
#include "dialect/shape.hpp"
#include "pool/wire.hpp"
#include "proxy/pgwire/decode.hpp"
#include "proxy/pgwire/encode.hpp"
#include "proxy/plan_cache.hpp"
#include "tests/dialect/schema.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <unordered_map>

namespace {

using namespace howdah;

struct Named {
    const char* name;
    const char* sql;
    std::vector<dialect::Value> parameters = {};
};

const std::vector<Named>& statements()
{
    static const std::vector<Named> all{
        {"select_by_key", "SELECT id, v FROM kv WHERE id = ?", {std::int64_t{7}}},
        {"select_literal", "SELECT id, v FROM kv WHERE id = 7"},
        {"insert", "INSERT INTO kv(id, v) VALUES (?, ?)", {std::int64_t{7}, std::string("seven")}},
        {"update", "UPDATE orders SET total = total + ? WHERE id = ?", {1.5, std::int64_t{7}}},
        {"join_group",
         "SELECT c.name, count(*), sum(o.total) FROM customers c LEFT JOIN orders o ON o.customer = c.id "
         "WHERE c.city LIKE ? AND o.placed > date('now', '-1 month') GROUP BY c.id HAVING count(*) > 2 ORDER BY 3 DESC "
         "LIMIT 10",
         {std::string("Os%")}},
        {"recursive",
         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT i, i * i FROM n"},
        {"upsert",
         "INSERT INTO kv VALUES (?, ?) ON CONFLICT(id) DO UPDATE SET v = excluded.v RETURNING id",
         {std::int64_t{7}, std::string("seven")}},
    };
    return all;
}

dialect::TestSchema& schema()
{
    static dialect::TestSchema made = [] {
        dialect::TestSchema s;
        s.ddl("CREATE TABLE kv(id INTEGER PRIMARY KEY, v TEXT)");
        s.ddl("CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT, city TEXT)");
        s.ddl("CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers, total REAL, placed "
              "TEXT)");
        return s;
    }();
    return made;
}

void lexing(benchmark::State& state, const Named& statement)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(dialect::lex(statement.sql));
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * std::string_view(statement.sql).size()));
}

void compiling(benchmark::State& state, const Named& statement)
{
    const dialect::CompileRequest request{statement.sql, schema().catalog(), statement.parameters, {}, {}};
    if (const auto once = dialect::compile(request); !once)
        return state.SkipWithError(once.error().message.c_str());
    for (auto _ : state)
        benchmark::DoNotOptimize(dialect::compile(request));
}

constexpr int cached_plans = 10000; // as many as the cache holds by default

proxy::Plan empty_plan() { return std::make_shared<const proxy::CachedPlan>(dialect::Compiled()); }

// The lookup of a text among as many, to compare with: no less is possible.
void plain_lookup(benchmark::State& state)
{
    std::unordered_map<std::string, proxy::Plan> plans;
    std::vector<std::string> texts;
    for (int i = 0; i < cached_plans; ++i) {
        texts.push_back("SELECT id, v FROM kv WHERE id = ? AND v <> 'statement " + std::to_string(i) + "'");
        plans.emplace(texts.back(), empty_plan());
    }
    std::size_t i = 0;
    for (auto _ : state) {
        i = (i + 7919) % texts.size();
        benchmark::DoNotOptimize(plans.find(texts[i])->second.get());
    }
}
BENCHMARK(plain_lookup);

// What a statement with parameters costs that was compiled before.
void plan_hit_by_text(benchmark::State& state)
{
    proxy::PlanCache cache(cached_plans);
    const std::array<dialect::Value, 1> parameters{std::int64_t{7}};
    std::vector<std::string> texts;
    for (int i = 0; i < cached_plans; ++i) {
        texts.push_back("SELECT id, v FROM kv WHERE id = ? AND v <> 'statement " + std::to_string(i) + "'");
        cache.add(proxy::plan_key(texts.back(), {}, 1, parameters), empty_plan());
    }
    std::size_t i = 0;
    std::string key;
    for (auto _ : state) {
        i = (i + 7919) % texts.size();
        proxy::plan_key(key, texts[i], {}, 1, parameters);
        benchmark::DoNotOptimize(cache.find(key).size());
    }
}
BENCHMARK(plan_hit_by_text);

// The same for one with literals, of which each time others come.
void plan_hit_by_shape(benchmark::State& state)
{
    proxy::PlanCache cache(cached_plans);
    std::vector<std::string> texts;
    dialect::Shape shape;
    std::string key;
    for (int i = 0; i < cached_plans; ++i) {
        texts.push_back("SELECT id, v, " + std::to_string(i) + " FROM kv WHERE id = " + std::to_string(i * 17));
        dialect::lift_literals(texts.back(), shape);
        cache.add(proxy::plan_key(shape.text, {}, 1, shape.values), empty_plan());
    }
    std::size_t i = 0;
    for (auto _ : state) {
        i = (i + 7919) % texts.size();
        dialect::lift_literals(texts[i], shape);
        proxy::plan_key(key, shape.text, {}, 1, shape.values);
        benchmark::DoNotOptimize(cache.find(key).size());
    }
}
BENCHMARK(plan_hit_by_shape);

std::string message(char type, std::string_view body)
{
    std::string out;
    proxy::pgwire::MessageWriter(out, type).bytes(body);
    return out;
}

// A driver's Bind, Describe, Execute, Sync of a prepared statement with one text parameter.
void client_frames_decode(benchmark::State& state)
{
    using namespace std::string_view_literals;
    const std::string packet = message('B', "\0s1\0\0\0\0\1\0\0\0\4"
                                            "1234\0\0"sv) +
                               message('D', "P\0"sv) + message('E', "\0\0\0\0\0"sv) + message('S', ""sv);
    proxy::pgwire::Decoder decoder(1 << 20);
    decoder.enter(proxy::pgwire::Decoder::Phase::running);
    for (auto _ : state) {
        const auto room = decoder.prepare();
        std::copy(packet.begin(), packet.end(), room.begin());
        decoder.commit(packet.size());
        int count = 0;
        while (auto next = decoder.next())
            ++count;
        if (count != 4)
            return state.SkipWithError("not four messages");
    }
}
BENCHMARK(client_frames_decode);

void client_frames_encode(benchmark::State& state)
{
    using namespace proxy::pgwire;
    const std::string value(100, 'x');
    std::string out;
    for (auto _ : state) {
        out.clear();
        bind_complete(out);
        const std::array<Field, 2> fields{Field{.name = "id", .type = oid::int8}, Field{.name = "v"}};
        row_description(out, fields);
        {
            MessageWriter row(out, 'D');
            row.int16(2).int32(4).bytes("1234").int32(100).bytes(value);
        }
        command_complete(out, "SELECT 1");
        ready_for_query(out, 'I');
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(client_frames_encode);

void server_frames_encode(benchmark::State& state)
{
    const std::vector<pool::Param> parameters{{.bytes = std::string(8, '\0'), .type = 20}};
    const std::array<std::int16_t, 1> formats{1};
    std::string out;
    for (auto _ : state) {
        out.clear();
        pool::wire::put_bind(out, "", "h17", parameters, formats);
        pool::wire::put_execute(out, "", 0);
        pool::wire::put_sync(out);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(server_frames_encode);

// A row of two columns with what stands around it.
void server_frames_decode(benchmark::State& state)
{
    using namespace std::string_view_literals;
    std::string row("\0\2\0\0\0\x08\0\0\0\0\0\0\0\7\0\0\0\x64"sv);
    row.append(100, 'x');
    const std::string packet =
        message('2', ""sv) + message('D', row) + message('C', "SELECT 1\0"sv) + message('Z', "I"sv);
    pool::wire::Decoder decoder;
    std::vector<pool::Field> fields;
    for (auto _ : state) {
        const auto room = decoder.room();
        std::copy(packet.begin(), packet.end(), room.begin());
        decoder.filled(packet.size());
        while (const auto next = decoder.next())
            if (next->type == 'D')
                benchmark::DoNotOptimize(pool::wire::read_row(next->body, fields));
        if (fields.size() != 2)
            return state.SkipWithError("not two columns");
    }
}
BENCHMARK(server_frames_decode);

} // namespace

int main(int argc, char** argv)
{
    for (const Named& statement : statements()) {
        benchmark::RegisterBenchmark((std::string("lex/") + statement.name).c_str(), lexing, statement);
        benchmark::RegisterBenchmark((std::string("compile/") + statement.name).c_str(), compiling, statement);
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 1;
    benchmark::RunSpecifiedBenchmarks();
}
