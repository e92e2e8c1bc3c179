#pragma once

#include "transforms/call_lines/function_sites.hpp"

namespace profconv {

// What decorators put in the place of a function that the source defines.

/// Whether a decorator made an object of this class of a function.
bool is_decorated_by(const FunctionSites& sites, Program::Place function, Program::Place klass);

/// Whether a decorator that nobody follows may have put an object in the place of a function: then nothing calls it by
/// its name.
bool may_be_object(const FunctionSites& sites, Program::Place function);

/// Whether a decorator put something in the place of a function, which nobody calls from here, then.
bool is_replaced(const FunctionSites& sites, Program::Place function);

/// Whether calls of a decorated function may call what stands in a decorator, `maker`: not if one further out gave a
/// function of its own, as `trace` did of `@trace @memoize`.
bool may_be_made_by(const FunctionSites& sites, Program::Place function, Program::Place maker);

}  // namespace profconv
