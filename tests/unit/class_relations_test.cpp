// What classes are to one another, to metaclasses and to what makes their objects.

#include <doctest/doctest.h>

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <profconv/builder.hpp>

#include "support/temporary_folder.hpp"
#include "transforms/call_lines/class_relations.hpp"

using namespace profconv;
using namespace profconv::test;

namespace {

/// The classes of a program of one file.
class Classes {
 public:
  explicit Classes(std::string_view text) : profile_(profile_of(folder_.write("p.py", text))) {}

  const ClassRelations& relations() const { return relations_; }
  Program::Place operator[](std::string_view name) const {
    const std::vector<PythonScan::Scope>& scopes = program_.scan(0).scopes;
    for (std::uint32_t s = 0; s < scopes.size(); ++s) {
      if (scopes[s].name == name) return {0, s};
    }
    return {};
  }
  Program::Place metaclass_of(std::string_view name) const {
    StepLimit steps;
    return relations_.metaclass_of((*this)[name], 4, steps);
  }
  bool is_metaclass(std::string_view name) const {
    StepLimit steps;
    return relations_.is_metaclass((*this)[name], steps);
  }
  /// How well making an object of a class explains calls of a method of another one.
  double constructor_fits(std::string_view method, std::string_view of, std::string_view made) const {
    Callee callee;
    callee.name = method;
    callee.place = Resolver(program_).member((*this)[of], method).place;
    return relations_.constructor_fits(callee, (*this)[made]);
  }

 private:
  static Profile profile_of(std::string_view file) {
    ProfileBuilder builder(std::vector<MetricKey>{time_metric});
    builder.mark_entry(builder.function({.name = "<module>", .file = file, .line = 1}));
    return std::move(builder).finish();
  }

  TemporaryFolder folder_;
  Profile profile_;
  SourceFiles sources_;
  Program program_{profile_, sources_};
  Resolver resolver_{program_};
  Entities entities_{resolver_};
  ClassRelations relations_{program_, resolver_, entities_};
};

}  // namespace

TEST_CASE("class relations: an object of a mixin may be of what that is mixed with") {
  const Classes c("class A: pass\nclass M: pass\nclass B(A, M): pass\nclass Other: pass\n");
  CHECK(c.relations().may_be_of(c["A"], c["B"]));
  CHECK(c.relations().may_be_of(c["B"], c["A"]));
  CHECK(c.relations().may_be_of(c["M"], c["A"]));
  CHECK_FALSE(c.relations().may_be_of(c["M"], c["Other"]));
}

TEST_CASE("class relations: a metaclass is made of type, and that of a base counts") {
  const Classes c(
      "class M(type): pass\nclass N(M): pass\nclass C(metaclass=N): pass\nclass D(C): pass\nclass E: pass\n");
  CHECK(c.is_metaclass("M"));
  CHECK(c.is_metaclass("N"));
  CHECK_FALSE(c.is_metaclass("D"));
  CHECK(c.metaclass_of("C") == c["N"]);
  CHECK(c.metaclass_of("D") == c["N"]);
  CHECK_FALSE(c.metaclass_of("E"));
}

TEST_CASE("class relations: a question that has no steps left is answered with no") {
  const Classes c("class M(type): pass\nclass N(M): pass\n");
  StepLimit steps;
  while (steps.take()) {
  }
  CHECK_FALSE(c.relations().is_metaclass(c["N"], steps));
}

TEST_CASE("class relations: making an object calls what its class, a base or the metaclass has") {
  const Classes c(
      "class M(type):\n  def __call__(self): pass\nclass A:\n  def __init__(self): pass\nclass B(A): pass\n"
      "class C(metaclass=M):\n  def __init__(self): pass\n  def __call__(self): pass\n");
  CHECK(c.constructor_fits("__init__", "A", "B") == 1);
  CHECK(c.constructor_fits("__init__", "A", "C") == 0);
  CHECK(c.constructor_fits("__call__", "M", "C") == 1);
  CHECK(c.constructor_fits("__call__", "M", "B") == 0);
  CHECK(c.constructor_fits("__call__", "C", "C") == 0);  // the class's own is called when the object is
}
