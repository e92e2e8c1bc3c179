#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/python/dict.hpp>
#include <boost/python/object.hpp>

namespace profconv::python {

/// A keyword argument with its name; each accessor throws a TypeError that names both when the type is another.
class Argument {
 public:
  Argument(std::string name, boost::python::object value) : name_(std::move(name)), value_(std::move(value)) {}

  const std::string& name() const noexcept { return name_; }
  bool none() const noexcept { return value_.is_none(); }

  bool flag() const;
  double number() const;
  std::int64_t integer() const;
  std::size_t size() const;  ///< An integer that is not negative; otherwise throws UsageError.
  std::string text() const;
  std::vector<std::string> texts() const;  ///< A str alone, or an iterable of them.
  std::vector<std::string> paths() const;  ///< A str, bytes or os.PathLike alone, or an iterable of them.

  /// The value that the text stands for; throws UsageError with the known ones.
  template <class T>
  T choice(std::span<const std::pair<const char*, T>> known) const {
    const std::string wanted = text();
    std::string names;
    for (const auto& [name, value] : known) {
      if (wanted == name) return value;
      names += (names.empty() ? "" : ", ") + std::string(name);
    }
    refuse(wanted, names);
  }

 private:
  bool is_path() const;
  std::string path() const;
  /// What the value goes through, each by the argument's name.
  std::vector<Argument> items(const char* expected) const;
  [[noreturn]] void fail(const char* expected) const;
  [[noreturn]] void refuse(const std::string& wanted, const std::string& known) const;

  std::string name_;
  boost::python::object value_;
};

/// How one keyword argument fills a struct of options.
template <class Options>
struct Setter {
  const char* name;
  void (*set)(Options& options, const Argument& argument);
};

/// Throws a TypeError for an argument that there is no setter for.
[[noreturn]] void refuse_argument(const std::string& name, std::span<const std::string_view> known);

/// Fills `options` from keyword arguments; None leaves the default. Throws TypeError for a name that has no setter,
/// with those that have one and `others`, which the caller takes besides.
template <class Options>
void fill(Options& options, const boost::python::dict& arguments, std::span<const Setter<Options>> setters,
          std::span<const std::string> others = {}) {
  const boost::python::list items = arguments.items();
  for (boost::python::ssize_t i = 0; i < boost::python::len(items); ++i) {
    const Argument argument(Argument("argument", items[i][0]).text(), items[i][1]);
    const Setter<Options>* found = nullptr;
    for (const Setter<Options>& setter : setters) {
      if (argument.name() == setter.name) found = &setter;
    }
    if (found == nullptr) {
      std::vector<std::string_view> known;
      for (const Setter<Options>& setter : setters) known.emplace_back(setter.name);
      known.insert(known.end(), others.begin(), others.end());
      refuse_argument(argument.name(), known);
    }
    if (!argument.none()) found->set(options, argument);
  }
}

}  // namespace profconv::python
