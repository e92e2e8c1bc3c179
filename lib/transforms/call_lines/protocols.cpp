#include "transforms/call_lines/protocols.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/one_of.hpp"

namespace profconv {
namespace {

using Value = PythonScan::Value;
using Access = Value::Access;

// By method.
constexpr Protocol protocols[] = {
    {"__add__", Value::Kind::operation, "+ +="},
    {"__aenter__", Value::Kind::await},
    {"__aexit__", Value::Kind::exit},
    {"__aiter__", Value::Kind::await},
    {"__and__", Value::Kind::operation, "& &="},
    {"__anext__", Value::Kind::await},
    {"__await__", Value::Kind::await},
    {"__bool__", Value::Kind::test},
    {"__class_getitem__", Value::Kind::subscript, {}, Access::read},
    {"__contains__", Value::Kind::operation, "in"},
    {"__delattr__", Value::Kind::attribute, {}, Access::remove},
    {"__delete__", Value::Kind::attribute, {}, Access::remove},
    {"__delitem__", Value::Kind::subscript, {}, Access::remove},
    {"__div__", Value::Kind::operation, "/ /="},
    {"__enter__", Value::Kind::enter},
    {"__eq__", Value::Kind::operation, "== != in"},
    {"__exit__", Value::Kind::exit},
    {"__floordiv__", Value::Kind::operation, "// //="},
    {"__format__", Value::Kind::format},
    {"__ge__", Value::Kind::operation, ">= <="},
    {"__get__", Value::Kind::attribute, {}, Access::read},
    {"__getattr__", Value::Kind::attribute, {}, Access::read},
    {"__getattribute__", Value::Kind::attribute, {}, Access::read},
    {"__getitem__", Value::Kind::subscript, {}, Access::read},
    {"__gt__", Value::Kind::operation, "> <"},
    {"__iadd__", Value::Kind::operation, "+="},
    {"__iand__", Value::Kind::operation, "&="},
    {"__ifloordiv__", Value::Kind::operation, "//="},
    {"__ilshift__", Value::Kind::operation, "<<="},
    {"__imatmul__", Value::Kind::operation, "@="},
    {"__imod__", Value::Kind::operation, "%="},
    {"__imul__", Value::Kind::operation, "*="},
    {"__init_subclass__", Value::Kind::definition},
    {"__invert__", Value::Kind::operation, "~", {}, true},
    {"__ior__", Value::Kind::operation, "|="},
    {"__ipow__", Value::Kind::operation, "**="},
    {"__irshift__", Value::Kind::operation, ">>="},
    {"__isub__", Value::Kind::operation, "-="},
    {"__iter__", Value::Kind::await},
    {"__iter__", Value::Kind::iterate},
    {"__iter__", Value::Kind::get_iterator},
    {"__itruediv__", Value::Kind::operation, "/="},
    {"__ixor__", Value::Kind::operation, "^="},
    {"__le__", Value::Kind::operation, "<= >="},
    {"__len__", Value::Kind::test},
    {"__lshift__", Value::Kind::operation, "<< <<="},
    {"__lt__", Value::Kind::operation, "< >"},
    {"__matmul__", Value::Kind::operation, "@ @="},
    {"__missing__", Value::Kind::subscript, {}, Access::read},
    {"__mod__", Value::Kind::operation, "% %="},
    {"__mul__", Value::Kind::operation, "* *="},
    {"__ne__", Value::Kind::operation, "!= <>"},
    {"__neg__", Value::Kind::operation, "-", {}, true},
    {"__next__", Value::Kind::await},
    {"__next__", Value::Kind::iterate},
    {"__nonzero__", Value::Kind::test},
    {"__or__", Value::Kind::operation, "| |="},
    {"__pos__", Value::Kind::operation, "+", {}, true},
    {"__pow__", Value::Kind::operation, "** **="},
    {"__prepare__", Value::Kind::definition},
    {"__radd__", Value::Kind::operation, "+ +="},
    {"__rand__", Value::Kind::operation, "& &="},
    {"__repr__", Value::Kind::format},
    {"__rfloordiv__", Value::Kind::operation, "// //="},
    {"__rlshift__", Value::Kind::operation, "<< <<="},
    {"__rmatmul__", Value::Kind::operation, "@ @="},
    {"__rmod__", Value::Kind::operation, "% %="},
    {"__rmul__", Value::Kind::operation, "* *="},
    {"__ror__", Value::Kind::operation, "| |="},
    {"__rpow__", Value::Kind::operation, "** **="},
    {"__rrshift__", Value::Kind::operation, ">> >>="},
    {"__rshift__", Value::Kind::operation, ">> >>="},
    {"__rsub__", Value::Kind::operation, "- -="},
    {"__rtruediv__", Value::Kind::operation, "/ /="},
    {"__rxor__", Value::Kind::operation, "^ ^="},
    {"__set__", Value::Kind::attribute, {}, Access::store},
    {"__set_name__", Value::Kind::definition},
    {"__setattr__", Value::Kind::attribute, {}, Access::store},
    {"__setitem__", Value::Kind::subscript, {}, Access::store},
    {"__str__", Value::Kind::format},
    {"__sub__", Value::Kind::operation, "- -="},
    {"__truediv__", Value::Kind::operation, "/ /="},
    {"__xor__", Value::Kind::operation, "^ ^="},
    {"next", Value::Kind::iterate},
};
static_assert(std::ranges::is_sorted(protocols, {}, &Protocol::method));

bool has_word(std::string_view list, std::string_view word) {
  for (std::size_t at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || list[at - 1] == ' ') && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}

// Types of which a call calls this method of what it is given; separated by blanks.
std::string_view converters(std::string_view method) {
  if (method == "__str__" || method == "__repr__") return "str";
  if (method == "__iter__" || method == "__next__")
    return "list tuple set dict frozenset enumerate zip map filter bytes bytearray";
  if (method == "__int__" || method == "__trunc__") return "int";
  if (method == "__index__") return "int float complex range bytes bytearray";
  if (method == "__float__") return "float complex";
  if (method == "__complex__") return "complex";
  if (method == "__bool__") return "bool";
  if (method == "__len__") return "bool list tuple bytes bytearray reversed";
  if (method == "__length_hint__") return "list tuple bytes bytearray";
  if (method == "__hash__") return "set frozenset dict";
  if (method == "__bytes__") return "bytes";
  if (method == "__reversed__") return "reversed";
  return {};
}

}  // namespace

bool Protocol::is_of_form(const Value& value) const {
  if (access && *access != value.access()) return false;
  if (!operators.empty() && !has_word(operators, value.name)) return false;
  if (is_unary && value.base != PythonScan::none) return false;
  return kind != Value::Kind::await || awaits_by(value.name, method);
}

std::span<const Protocol> protocols_of(std::string_view method) {
  return {std::ranges::lower_bound(protocols, method, {}, &Protocol::method),
          std::ranges::upper_bound(protocols, method, {}, &Protocol::method)};
}

bool is_reflected(std::string_view method) {
  return is_one_of(method, {"__radd__", "__rsub__", "__rmul__", "__rmatmul__", "__rtruediv__", "__rfloordiv__",
                            "__rmod__", "__rpow__", "__rlshift__", "__rrshift__", "__rand__", "__rxor__", "__ror__"});
}

bool is_arithmetic(std::string_view method) {
  return is_reflected(method) ||
         is_one_of(method, {"__add__", "__sub__", "__mul__", "__matmul__", "__truediv__", "__div__", "__floordiv__",
                            "__mod__", "__pow__", "__lshift__", "__rshift__", "__and__", "__xor__", "__or__"});
}

std::string_view derived_comparison(std::string_view function) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> methods{
      {{"_lt_from_", "__lt__"}, {"_le_from_", "__le__"}, {"_gt_from_", "__gt__"}, {"_ge_from_", "__ge__"}}};
  for (const auto& [beginning, method] : methods) {
    if (function.starts_with(beginning)) return method;
  }
  return {};
}

bool calls_of_argument(std::string_view type, std::string_view method) { return has_word(converters(method), type); }

bool is_protocol(std::string_view method) {
  return !protocols_of(method).empty() || !converters(method).empty() || method == "__call__";
}

bool awaits_by(std::string_view statement, std::string_view method) {
  if (method == "__aenter__" || method == "__aexit__") return statement == "with";
  return (method != "__aiter__" && method != "__anext__") || statement == "for";
}

}  // namespace profconv
