// The clause of a statement that governs the triggers that it fires: how they are told (howdah.conflict), and what a
// trigger's function makes of it.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/compile.hpp"

#include <string>
#include <string_view>

namespace howdah::dialect {

// The step before a statement whose clause its triggers must be told (governs_triggers()), and the one behind it.
// Inside a trigger the clause that governed it comes back.
Step begin_governing(ConflictAction conflict);
Step end_governing(bool in_trigger);
// `sql`, statements of PL/pgSQL, under a clause; `around`: that of the statement of which they are a part.
std::string governed(const std::string& sql, ConflictAction conflict, ConflictAction around, bool in_trigger);
// The declaration of the variable that end_governing() reads; nothing where `body` does not.
std::string declared_conflict(const std::string& body);
// `sql`, whose errors say what becomes of the transaction, whatever the outermost statement says (ends_transaction()):
// `mark` is rollback_mark or abort_mark.
std::string marked(const std::string& sql, std::string_view mark);
// PL/pgSQL's condition that it is this clause that governs; it reads that variable, too.
std::string governs_here(ConflictAction conflict);

// Under OR FAIL an error ends the outermost statement, and what was done until then stays: its loop sees
// howdah.failure. What BEFORE triggers did for the row that fails would be undone with it, and DO UPDATE is under ABORT.
// `statement` is what `said` has become, `leave` what ends the function.
std::string failing(const TriggerStatement& said, const std::string& statement, const std::string& trigger,
                    const std::string& leave);

} // namespace howdah::dialect
