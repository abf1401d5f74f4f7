// What INSERT, UPDATE and DELETE do before anything else: see that the table can be written to, and tell the session
// what the write needs.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/compile.hpp"
#include "dialect/lower.hpp"
#include "dialect/store.hpp"

namespace howdah::dialect {

// Sets the flags of a write to `table`. Throws for what cannot be written to.
void begin_write(const Table& table, ConflictAction conflict, Lowering& lowering, Compiled& out);

// Runs `lower`. A PromotionNeeded that it throws makes `out` one of kind promote.
template <typename Lower>
void with_promotions(Compiled& out, Lower lower)
try {
    lower();
} catch (const PromotionNeeded& needed) {
    out.kind = Compiled::Kind::promote;
    out.promotion = needed.promotion;
    out.steps.clear();
}

} // namespace howdah::dialect
