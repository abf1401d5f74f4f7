// SQLite's conversions as PostgreSQL text, for any physical type. All keep NULL.
#pragma once

#include "dialect/printer.hpp"

namespace howdah::dialect {

Fragment to_text(const Fragment& f);     // what CAST(x AS TEXT) gives: int8::text, howdah.r2t, howdah.b2t, howdah.v2t
Fragment to_c_string(const Fragment& f); // the same up to a blob's first NUL, as printf('%s') and unicode() read it
Fragment to_number(const Fragment& f);   // the numeric prefix, as arithmetic sees an operand: int8, float8 or numeric
Fragment to_integer(const Fragment& f);  // CAST(x AS INTEGER): int8
Fragment to_real(const Fragment& f);     // CAST(x AS REAL): float8
Fragment as_stored_real(const Fragment& f);   // float8 or v: a whole REAL within six bytes to INTEGER, as it is stored
Fragment integers_to_real(const Fragment& f); // OP_RealAffinity: texts and blobs stay what they are
Fragment to_numeric_cast(const Fragment& f);  // CAST(x AS NUMERIC)
Fragment to_blob(const Fragment& f);          // CAST(x AS BLOB): bytea
Fragment to_condition(const Fragment& f);     // truth: boolean
Fragment to_value(const Fragment& f);         // boolean -> int8; everything else as it is
// Affinity as a column applies it on store, or a comparison to its operand: the type may become v.
Fragment with_affinity(const Fragment& f, Affinity affinity);
// The sort and comparison key of a text value under a collation: lower(x COLLATE "C") for NOCASE, rtrim(x, ' ') for
// RTRIM.
Fragment collation_key(const Fragment& f, Collation collation);

} // namespace howdah::dialect
