// What a client does over and over: statements with variables, and what their answers must be.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::bench {

enum class Mode : std::uint8_t { simple, extended, prepared };
enum class Wire : std::uint8_t { postgres, lines };

// A transaction's values: {0} of a statement is variables[0].
using Variables = std::array<std::int64_t, 6>;

struct Step {
    enum class Check : std::uint8_t {
        none,
        row,   // one row: the key {0}, and a text that begins with the key and ':'
        range, // `rows` rows with the keys {0}, {0} + 1, …
        blob,  // one row: the key {0}, and a blob of `size` bytes that begins with the key in eight digits
        tag,   // this command tag; on the line protocol, one change
    };
    std::string sql;
    Check check = Check::none;
    std::string tag = {};
    std::int64_t rows = 0;
    std::int64_t size = 0;
};

// A workload's name and its steps; `spread` is how many keys there are.
struct Script {
    std::vector<Step> steps;
    bool transaction = false; // after an error: ROLLBACK
    std::int64_t spread = 1;
    std::int64_t accounts = 1, tellers = 1, branches = 1;

    Variables choose(std::uint64_t& random, std::int64_t client, std::int64_t sequence) const;
};

// select, tpcb, insert, rows1000, blob, or sql (the statement `sql`, its rows not checked). Throws for another name.
Script make_script(const std::string& workload, std::int64_t keys, const std::string& sql);

// A step's bytes, encoded but for its values.
class Encoder {
public:
    Encoder(const Step& step, std::size_t number, Wire wire, Mode mode);
    // Sent once for each client before the first request; empty where nothing is to be prepared.
    const std::string& preparation() const { return preparation_; }
    void append(std::string& out, const Variables& variables) const;

private:
    void append_simple(std::string& out, const Variables& variables) const;
    void append_bound(std::string& out, const Variables& variables) const;
    void append_lines(std::string& out, const Variables& variables) const;

    Wire wire_;
    Mode mode_;
    std::vector<std::string> pieces_; // the text between the variables
    std::vector<std::size_t> variables_;
    std::string preparation_;
    std::string before_; // everything that comes before the values and never changes
    std::string after_;
    std::size_t bind_length_ = 0; // where Bind's length stands in before_
    std::size_t bind_tail_ = 0;   // how many bytes of after_ are still Bind's
};

// One frame: a type byte (none for '\0') and a length around `body`.
std::string frame(char type, std::string_view body);

} // namespace howdah::bench
