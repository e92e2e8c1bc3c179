#include "transforms/call_lines/calls_by_protocol.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/one_of.hpp"
#include "transforms/call_lines/attribute_lookups.hpp"
#include "transforms/call_lines/decorated_functions.hpp"
#include "transforms/call_lines/protocols.hpp"

namespace profconv {
namespace {

using Value = PythonScan::Value;
using Place = Program::Place;

constexpr std::uint32_t none = PythonScan::none;

// What shows the objects that it holds with their __repr__.
bool is_container(const Entity& entity) {
  return entity.is(Entity::Kind::builtin) && is_one_of(entity.name, {"list", "tuple", "dict", "set", "frozenset"});
}

// "%s" % x: the text does not tell here what it asks for.
double placeholder_fits(const Callee& callee, const Entity& text) {
  const bool is_text = text.is(Entity::Kind::builtin) && (text.name == "str" || text.name == "bytes");
  if (!is_text && !text.is(Entity::Kind::unknown)) return 0;
  if (callee.name == "__str__") return is_text ? 0.4 : 0.2;
  return is_text && is_one_of(callee.name, {"__repr__", "__int__", "__index__", "__float__"}) ? 0.2 : 0;
}

}  // namespace

bool CallsByProtocol::find(const Callee& callee, FoundSites& found) const {
  const std::string_view comparison = derived_comparison(callee.name);
  if (!callee.name.starts_with("__") && callee.name != "next" && comparison.empty()) return false;
  const std::string_view method = comparison.empty() ? callee.name : comparison;
  double best = 0;
  const auto add = [&](std::uint32_t site, double weight) {
    if (weight <= 0) return;
    found.shares.push_back({site, weight, 0});
    best = std::max(best, weight);
  };
  const std::span<const Protocol> protocols = protocols_of(method);
  const Place klass = callee.place ? resolver_.class_of(callee.place) : Place{};
  // What has no __iter__ is iterated by its items.
  const bool is_iterated =
      callee.name == "__getitem__" && klass && resolver_.member(klass, "__iter__").is(Entity::Kind::unknown);
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    const Value& v = sites_.value(s);
    if (is_iterated && v.kind == Value::Kind::iterate) add(s, fits_.receiver_fits(callee, sites_.base_entity(s)));
    for (const Protocol& protocol : protocols) {
      if (!protocol.is_meant_by(v)) continue;
      // Such a class has all four: none is called for the operator of another.
      if (!comparison.empty() && protocol.operators.substr(0, protocol.operators.find(' ')) != v.name) continue;
      add(s, construct_fits(callee, s));
    }
    if (v.kind == Value::Kind::call && v.base != none) {
      const std::string_view name = sites_.any_value(v.base).name;
      if (calls_of_argument(name, callee.name)) add(s, argument_fits(callee, s));
      // Few objects are iterated by their items: only where the source tells that this is one.
      if (is_iterated && calls_of_argument(name, "__iter__") && argument_fits(callee, s) > 0.4)
        add(s, argument_fits(callee, s));
    }
    if (v.kind == Value::Kind::operation && v.name == "%") add(s, placeholder_fits(callee, sites_.base_entity(s)));
    if (callee.name == "__index__") {
      if (v.kind == Value::Kind::subscript) add(s, index_fits(callee, s));
      if (v.kind == Value::Kind::operation && (v.name == "*" || v.name == "*=")) add(s, 0.15);  // [0] * n
    }
    if (callee.name == "__hash__") add(s, hash_fits(callee, s));
    if (callee.name == "__call__" && v.kind == Value::Kind::call && v.base != none) {
      constexpr double least = 0.1;
      if (const double fits = object_call_fits(callee, klass, s); fits >= least) add(s, fits);
    }
  }
  keep_likely(found.shares);
  if (callee.name == "__get__" && klass && keeps_value(program_.scope(klass).name))
    forget_later_reads(sites_, found.shares);
  found.rule = best > 0 ? SiteRule::protocol : SiteRule::undecided;
  // Braces hold as many keys as they like.
  const auto makes_table = [&](const auto& share) { return sites_.value(share.site).hashes(); };
  found.tells_counts = best > 0.9 && std::ranges::none_of(found.shares, makes_table);
  // Going through a thing asks it again and again; so does comparing what holds many.
  found.one_a_run = is_one_of(callee.name, {"__call__", "__enter__", "__exit__"});
  return best > 0;
}

// A construct that stands for the method.
double CallsByProtocol::construct_fits(const Callee& callee, std::uint32_t site) const {
  constexpr double least = 0.15;
  const Value& v = sites_.value(site);
  if (v.kind == Value::Kind::attribute) return attribute_fits(sites_, classes_, callee, site);
  const Entity& object = sites_.base_entity(site);
  if (v.kind == Value::Kind::format) return text_fits(callee, object, v.name);
  if (v.kind == Value::Kind::operation && is_arithmetic(callee.name)) return arithmetic_fits(callee, object);
  const double fits = fits_.receiver_fits(callee, object);
  if (v.kind == Value::Kind::operation || v.kind == Value::Kind::test || v.kind == Value::Kind::exit)
    return std::max(fits, least);
  // What is taken apart is a tuple, if nothing says otherwise.
  return v.unpacks() && fits < 0.5 ? fits * 0.2 : fits;
}

// An operator that calculates: 1 / x calls the reflected method of x.
double CallsByProtocol::arithmetic_fits(const Callee& callee, const Entity& left) const {
  constexpr double unknown = 0.15;
  const bool is_literal = left.is(Entity::Kind::builtin);
  if (is_reflected(callee.name)) return is_literal ? 1 : unknown;
  return is_literal ? 0 : std::max(fits_.receiver_fits(callee, left), unknown);
}

// A call of an object, or of what may be one.
double CallsByProtocol::object_call_fits(const Callee& callee, Place klass, std::uint32_t site) const {
  // A table that something else is known to be called of may hold objects, too.
  const bool calls_item = dynamic_.calls_item(site);
  if (sites_.is_explained(site) && !calls_item) return 0;
  const Entity& called = sites_.base_entity(site);
  if (called.is(Entity::Kind::instance)) return fits_.receiver_fits(callee, called);
  if (dynamic_.calls_proxy(site)) return 2;
  if (calls_item) return 1;
  if (called.is(Entity::Kind::function)) {
    if (klass && is_decorated_by(sites_, called.place, klass)) return 1;
    if (may_be_object(sites_, called.place)) return 0.5;
  }
  return dynamic_.likelihood(site) * 0.5;
}

// What is looked for in a dict or set, or put into it.
double CallsByProtocol::hash_fits(const Callee& callee, std::uint32_t site) const {
  const Value& v = sites_.value(site);
  const bool is_looked_for = v.kind == Value::Kind::operation && v.name == "in";
  if (!v.hashes() && !is_looked_for && v.kind != Value::Kind::subscript) return 0;
  const std::uint32_t key = v.kind == Value::Kind::subscript ? v.argument : v.base;
  if (v.kind == Value::Kind::subscript) {
    const Entity& table = sites_.base_entity(site);
    if (v.is_slice() || (table.is(Entity::Kind::builtin) && table.name != "dict")) return 0;
  }
  constexpr double unknown = 0.4;
  if (key == none) return unknown;
  const Entity hashed = sites_.entity_of(key);
  if (is_container(hashed)) return unknown;  // (x, y)
  // Behind the first key there may be others.
  return v.hashes() ? std::max(fits_.receiver_fits(callee, hashed), unknown) : fits_.receiver_fits(callee, hashed);
}

// A type that is called: what it does to its arguments.
double CallsByProtocol::argument_fits(const Callee& callee, std::uint32_t site) const {
  const Value& call = sites_.value(site);
  if (!sites_.has_arguments(site)) return 0;
  constexpr double unknown = 0.4;
  if (call.argument == none) return unknown;
  const Entity given = sites_.entity_of(call.argument);
  double fits = fits_.receiver_fits(callee, given);
  if (callee.name == "__str__" || callee.name == "__repr__") {
    fits = text_fits(callee, given, "s");
  } else if (callee.name == "__hash__" && is_container(given)) {
    fits = unknown;  // set([x])
  }
  // Values are in the order of the text: behind the first argument stands the call, or another argument.
  const auto others =
      std::span(sites_.scan().values).subspan(call.argument + 1, sites_[site].value - call.argument - 1);
  const bool is_any = std::ranges::any_of(others, [](const Value& v) { return v.kind != Value::Kind::literal; });
  return is_any ? std::max(fits, unknown) : fits;
}

// Whether an object becomes text by this method: of "" (what format() does), "s" (str), "r" (repr) and "a" (ascii).
double CallsByProtocol::text_fits(const Callee& callee, const Entity& object, std::string_view conversion) const {
  if (callee.name == "__repr__" && is_container(object)) return 0.4;
  // What has no __format__ is formatted by __str__, and without that by __repr__.
  constexpr std::array<std::string_view, 3> all{"__format__", "__str__", "__repr__"};
  const auto methods = std::span(all).subspan(conversion.empty() ? 0 : conversion == "s" ? 1 : 2);
  const double fits = fits_.receiver_fits(callee, object);
  const bool is_named = std::ranges::find(methods, callee.name) != methods.end();
  const bool is_instance = object.is(Entity::Kind::instance);
  const Place klass = is_instance ? object.place : callee.place ? resolver_.class_of(callee.place) : Place{};
  if (!klass) return is_named ? fits : 0;
  for (const std::string_view method : methods) {
    const Entity member = resolver_.member(klass, method);
    if (!member.is(Entity::Kind::function)) continue;
    if (member.place == callee.place) return std::max(fits, is_instance ? 1 : 0.0);  // also by __repr__ = __str__
    if (!is_named) return 0;
    // A subclass may have the method, too. What nobody knows may be a list of such objects.
    return callee.name == method ? fits : is_instance ? 0 : fits * 0.25;
  }
  return is_named ? fits : 0;
}

// What an object of C is subscripted with is an index.
double CallsByProtocol::index_fits(const Callee& callee, std::uint32_t site) const {
  const Value& subscript = sites_.value(site);
  const Entity& sequence = sites_.base_entity(site);
  if (sequence.is(Entity::Kind::klass) || sequence.is(Entity::Kind::module)) return 0;
  if (sequence.is(Entity::Kind::builtin) && sequence.name == "dict") return 0;
  if (sequence.is(Entity::Kind::instance) && resolver_.member(sequence.place, "__getitem__").is(Entity::Kind::function))
    return 0;
  if (!subscript.is_slice() || subscript.base == none)
    return fits_.receiver_fits(callee, sites_.entity_of(subscript.argument));
  // Either end: values are in the order of the text.
  constexpr std::uint32_t most = 16;
  double best = 0;
  for (std::uint32_t v = subscript.base + 1; v < sites_[site].value && v <= subscript.base + most; ++v)
    best = std::max(best, fits_.receiver_fits(callee, sites_.entity_of(v)));
  return best;
}

}  // namespace profconv
