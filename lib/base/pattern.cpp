#include "base/pattern.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <re2/re2.h>

#include <profconv/error.hpp>

#include "base/visible.hpp"

namespace profconv {

struct Pattern::Impl {
  Impl(std::string_view expression, const RE2::Options& options)
      : re({expression.data(), expression.size()}, options) {}
  RE2 re;
};

Pattern Pattern::compile(std::string_view expression, std::string_view shown, const char* kind) {
  RE2::Options options;
  options.set_log_errors(false);
  auto impl = std::make_shared<const Impl>(expression, options);
  if (impl->re.error_code() == RE2::ErrorBadUTF8) {  // a name may have such bytes, too: they are compared as bytes
    options.set_encoding(RE2::Options::EncodingLatin1);
    impl = std::make_shared<const Impl>(expression, options);
  }
  if (!impl->re.ok())
    throw UsageError("bad " + std::string(kind) + " " + quoted(shown) + ": " + visible(impl->re.error()));
  return Pattern(std::move(impl));
}

Pattern Pattern::regex(std::string_view expression) { return compile(expression, expression, "regular expression"); }

// The grammar of CPython's Lib/fnmatch.py, `translate`.
Pattern Pattern::glob(std::string_view expression) {
  const auto quote = [](std::string_view text) { return RE2::QuoteMeta({text.data(), text.size()}); };
  std::string regex = "\\A";
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c == '*') {
      regex += "\\C*";  // any byte: names need not be UTF-8
      continue;
    }
    if (c == '?') {
      regex += "(?s:.)";
      continue;
    }
    const std::size_t first = c == '[' ? i + 1 : expression.size();
    const bool inverted = first < expression.size() && expression[first] == '!';
    const std::size_t begin = first + (inverted ? 1 : 0);
    const std::size_t end = expression.find(']', begin + 1);  // a bracket that comes first is meant literally
    if (begin >= expression.size() || end == std::string_view::npos) {
      // A whole sequence of ordinary characters: QuoteMeta must see UTF-8 sequences complete.
      std::size_t stop = i + 1;
      while (stop < expression.size() && std::string_view("*?[").find(expression[stop]) == std::string_view::npos)
        ++stop;
      regex += quote(expression.substr(i, stop - i));
      i = stop - 1;
      continue;
    }
    regex += inverted ? "[^" : "[";
    const std::string_view set = expression.substr(begin, end - begin);
    for (std::size_t k = 0; k < set.size();) {
      const bool range = set[k] == '-' && k != 0 && k + 1 != set.size();
      std::size_t stop = k + 1;
      while (!range && stop < set.size() && set[stop] != '-') ++stop;
      regex += range ? "-" : quote(set.substr(k, stop - k));
      k = stop;
    }
    regex += ']';
    i = end;
  }
  regex += "\\z";
  return compile(regex, expression, "glob");
}

bool Pattern::matches(std::string_view text) const { return RE2::PartialMatch({text.data(), text.size()}, impl_->re); }

bool any_matches(const std::vector<Pattern>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const Pattern& pattern) { return pattern.matches(text); });
}

}  // namespace profconv
