// Functions that seem to be called by themselves alone.

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include <profconv/transforms.hpp>

#include "support/sourced_program.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

constexpr const char* nested = "def product(a, b):\n  n = len(a)\n  return [[f(x, y) for y in b] for x in a]\n";

/// "CALLER LINE*CALLS=COST" of the calls of a function, "~" behind those that are estimated.
std::string calls_of(const Profile& profile, std::string_view callee) {
  std::string text;
  for (std::size_t i = 0; i < profile.calls.size(); ++i) {
    const Call& call = profile.calls[i];
    if (profile.text(profile.function(call.callee).name) != callee) continue;
    text += std::string(text.empty() ? "" : ", ") + std::string(profile.text(profile.function(call.caller).name)) +
            " " + std::to_string(call.line) + "*" + std::to_string(profile.call_counts[i].calls) + "=" +
            std::to_string(profile.call_total.at(i, 0)) + (profile.is_share(i) ? "~" : "");
  }
  return text;
}

}  // namespace

TEST_CASE("lost callers: a comprehension in one of its own kind and line is called by the function around both") {
  SourcedProgram p(nested);
  const FunctionId product = p.function("product", 1, 3, 1000), inner = p.function("<listcomp>", 3, 45, 900);
  p.call(product, p.function("<built-in method builtins.len>", 0, 3, 30), 3, 30);
  p.call(inner, inner, 45, 900);
  p.finish();
  CHECK(calls_of(p.profile(), "<listcomp>") == "product 3*45=900~");
  CHECK(p.report().callers_found == 1);
}

TEST_CASE("lost callers: a function without the time for it is no caller") {
  SourcedProgram p(nested);
  const FunctionId product = p.function("product", 1, 3, 1000), inner = p.function("<listcomp>", 3, 45, 900);
  p.call(product, p.function("<built-in method builtins.len>", 0, 3, 300), 3, 300);
  p.call(inner, inner, 45, 900);
  p.finish();
  CHECK(calls_of(p.profile(), "<listcomp>") == "<listcomp> 3*45=900");
  CHECK(p.report().callers_found == 0);
}

TEST_CASE("lost callers: several functions share the time of what they stand in, the costliest first") {
  SourcedProgram p("def f(a):\n  x = [[h(y) for y in z] for z in a]\n  return [[h(y) for y in z] for z in x]\n");
  const FunctionId f = p.function("f", 1, 1, 1000);
  const FunctionId first = p.function("<listcomp>", 2, 9, 400), second = p.function("<listcomp>", 3, 9, 700);
  p.call(first, first, 9, 400);
  p.call(second, second, 9, 700);
  p.finish();
  CHECK(calls_of(p.profile(), "<listcomp>") == "f 3*9=700~, <listcomp> 2*9=400");
  CHECK(index(f) == 0);
}

TEST_CASE("lost callers: a function that calls itself was called by another one first, recorded or not") {
  SourcedProgram p("def f(a):\n  return [[h(y) for y in z] for z in a]\n");
  const FunctionId f = p.function("f", 1, 1, 1000), inner = p.function("<listcomp>", 2, 10, 900);
  p.call(inner, inner, 9, 900);
  p.finish();
  CHECK(calls_of(p.profile(), "<listcomp>") == "<listcomp> 2*9=900");
  CHECK(index(f) == 0);
}

TEST_CASE("lost callers: two functions on one line with comprehensions of their own leave it open") {
  SourcedProgram p("f, g = lambda a: [[y for y in z] for z in a], lambda a: [[y for y in z] for z in a]\n");
  p.function("<module>", 1, 1, 1000);
  p.function("<lambda>", 1, 2, 950);
  const FunctionId inner = p.function("<listcomp>", 1, 9, 900);
  p.call(inner, inner, 9, 900);
  p.finish();
  CHECK(p.report().callers_found == 0);
}

TEST_CASE("lost callers: a lambda on the line of another one is called where they are made, if that took the time") {
  for (const auto& [total, caller] :
       {std::pair(900, std::string("f 3*9=900~")), std::pair(2, std::string("<lambda> 3*9=2"))}) {
    SourcedProgram p("def f(a):\n  return apply(\n    a, lambda x: (lambda y: y)(x))\n");
    const FunctionId f = p.function("f", 1, 1, 1000), inner = p.function("<lambda>", 3, 9, total);
    p.call(inner, inner, 9, total);
    p.finish();
    CHECK(calls_of(p.profile(), "<lambda>") == caller);
    CHECK(index(f) == 0);
  }
}
