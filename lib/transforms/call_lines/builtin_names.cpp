#include "transforms/call_lines/builtin_names.hpp"

#include "base/one_of.hpp"

namespace profconv {

bool is_builtin_function(std::string_view name) {
  return is_one_of(name,
                   {"len", "isinstance", "issubclass", "getattr", "setattr",  "hasattr", "print", "repr",  "sorted",
                    "sum", "any",        "all",        "min",     "max",      "iter",    "next",  "open",  "ord",
                    "chr", "id",         "hash",       "abs",     "callable", "exec",    "vars",  "divmod"});
}

bool is_builtin_type(std::string_view name) {
  return is_one_of(name,
                   {"int", "str",       "float",    "bool",  "bytes",    "bytearray", "list",       "tuple",     "dict",
                    "set", "frozenset", "object",   "type",  "super",    "range",     "xrange",     "enumerate", "zip",
                    "map", "filter",    "reversed", "slice", "property", "complex",   "memoryview", "unicode"});
}

bool is_type_of_c(std::string_view name) {
  return is_builtin_type(name) ||
         is_one_of(name, {"accumulate", "array",     "attrgetter",   "batched",     "chain",    "combinations",
                          "compress",   "count",     "cycle",        "date",        "datetime", "defaultdict",
                          "deque",      "dropwhile", "filterfalse",  "groupby",     "islice",   "itemgetter",
                          "local",      "lru_cache", "methodcaller", "pairwise",    "partial",  "permutations",
                          "product",    "proxy",     "ref",          "repeat",      "starmap",  "takewhile",
                          "time",       "timedelta", "timezone",     "zip_longest", "ndarray"}) ||
         name.starts_with("c_");
}

}  // namespace profconv
