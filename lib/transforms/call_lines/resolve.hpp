#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "transforms/call_lines/decorations.hpp"
#include "transforms/call_lines/properties.hpp"
#include "transforms/program.hpp"

namespace profconv {

/// What an expression of the source stands for, as far as the sources say.
struct Entity {
  enum class Kind : std::uint8_t {
    unknown,
    module,    ///< place.file
    klass,     ///< place
    function,  ///< place; also lambdas
    instance,  ///< of the class at `place`
    builtin,   ///< A value of a literal's type: "str", "list", ...
    external,  ///< Something of a module whose source is not in the profile.
  };
  Kind kind = Kind::unknown;
  Program::Place place = {};
  std::string_view name = {};  ///< Of a builtin's type.

  bool is(Kind wanted) const noexcept { return kind == wanted; }
};

/// Follows names, imports, assignments, attributes and base classes through the scanned files. A guess, as everything
/// that reads a dynamic language: the first thing found counts. Every question costs a bounded number of steps.
class Resolver {
 public:
  using Place = Program::Place;
  static constexpr std::uint32_t none = Program::none;
  static constexpr std::string_view exception = "exception";  ///< A builtin: some exception of no class of the program.

  explicit Resolver(const Program& program);

  Entity value(std::uint32_t file, std::uint32_t value) const { return resolve(file, value, deepest); }
  /// What a call of the entity gives.
  Entity result(Entity callee) const;
  /// A member of a class, looked up in its bases as well.
  Entity member(Place klass, std::string_view name) const { return member(klass, name, deepest); }
  /// The class around a method, nothing for other scopes.
  Place class_of(Place function) const;
  /// Whether `base` is `klass` or one of its bases.
  bool derives(Place klass, Place base) const;
  /// Classes of which `klass` is a base, itself included.
  std::vector<Place> derived(Place klass) const;
  bool is_decorated(Place scope) const;
  bool has_decorator(Place scope, std::string_view name) const;
  /// Whether the function is called only for arguments that it was not called with before.
  bool remembers(Place function) const {
    return has_decorator(function, "lru_cache") || has_decorator(function, "cache");
  }
  const Decorations& decorations() const noexcept { return decorations_; }

  /// Names that stand for a function in its class, or in a class of its file, if it is in none: `__enter__ = acquire`.
  std::vector<std::string_view> other_names(Place function) const;

  /// Properties that call this function, which its class has under that name: by its decorator, or by
  /// `attribute = property(get, set, remove)`.
  std::vector<Property> properties_of(Place method, std::string_view name) const;
  /// Whether a function of Python of this name ran.
  bool ran(std::string_view name) const { return ran_.contains(name); }
  /// Whether a class or one of its bases has an attribute, or a method of theirs gives it to the object: `self.x = 1`.
  /// Not by what `but` does.
  bool has_attribute(Place klass, std::string_view name, Place but) const;
  /// Classes of which some class has an object by this name: `author = Ref()`. Each once, not all of very many.
  std::span<const Place> kept_in_classes(std::string_view name) const;
  /// Whether anything in the program assigns to an attribute of this name.
  bool is_assigned(std::string_view attribute) const;

  /// Names that a called name may stand for: itself, what it was imported as, what was assigned to it.
  void aliases(std::uint32_t file, std::uint32_t value, std::vector<std::string_view>& names) const;

  /// Whether a name that is used in a scope is anything but a built-in.
  bool is_bound(Place scope, std::string_view wanted) const;

 private:
  static constexpr int deepest = 12;

  Entity resolve(std::uint32_t file, std::uint32_t value, int depth) const;
  Entity name(Place scope, std::string_view wanted, int depth) const;
  Entity bound(std::uint32_t file, const PythonScan::Binding& binding, int depth) const;
  Entity imported(std::uint32_t file, std::uint32_t import, int depth) const;
  Entity module_member(std::uint32_t file, std::string_view wanted, int depth) const;
  Entity member(Place klass, std::string_view wanted, int depth) const;
  Entity attribute(Place klass, std::string_view wanted, int depth) const;
  Entity called(Entity callee, int depth) const;
  std::optional<Entity> caught(std::uint32_t file, const PythonScan::Value& name, int depth) const;
  Entity caught(std::uint32_t file, const PythonScan::Handler& handler, int depth) const;
  Entity first_parameter(Place function) const;
  static bool is_known(Entity entity);
  bool is_settled(Entity entity) const;
  Entity instance_of(Entity type) const;
  Entity typed(std::uint32_t file, std::uint32_t annotation, int depth) const;
  void bases(Place klass, std::vector<Place>& found, int depth) const;
  bool is_enumerated(Place klass, std::string_view wanted) const;
  void find_bases();
  void find_other_names(std::uint32_t file);

  const Program& program_;
  std::vector<std::vector<Place>> bases_;         // per file, for `bases` of its scan; empty until all are known
  std::vector<std::pair<Place, Place>> derived_;  // base, class; sorted by base
  Decorations decorations_;
  Properties properties_;
  TextViewMap<std::vector<std::pair<Place, std::string_view>>> other_names_;  // by the function's own: class, name
  TextViewSet ran_;
  mutable std::once_flag assigned_once_, kept_once_;
  mutable TextViewSet assigned_;                  // attributes; made when first asked for
  mutable TextViewMap<std::vector<Place>> kept_;  // by name, of what classes have; the same
};

}  // namespace profconv
