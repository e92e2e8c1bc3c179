#include "writers/dot_url.hpp"

#include <cctype>

#include <profconv/error.hpp>

#include "base/visible.hpp"

namespace profconv {
namespace {

constexpr std::string_view file_mark = "{file}", line_mark = "{line}";

bool is_windows_absolute(std::string_view path) {
  return path.size() > 2 && std::isalpha(static_cast<unsigned char>(path[0])) != 0 && path[1] == ':' &&
         (path[2] == '\\' || path[2] == '/');
}

// RFC 3986: unreserved characters, and what separates the parts of a path.
std::string encoded(std::string_view path) {
  constexpr char digits[] = "0123456789ABCDEF";
  const bool windows = is_windows_absolute(path);
  std::string text = windows ? "/" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (windows && c == '\\') {
      text += '/';
    } else if (byte < 0x80 &&
               (std::isalnum(byte) != 0 || std::string_view("-._~/:").find(c) != std::string_view::npos)) {
      text += c;
    } else {
      text += '%';
      text += digits[byte >> 4];
      text += digits[byte & 15];
    }
  }
  return text;
}

// "{func}": a word in braces that stands for nothing.
std::string_view unknown_mark(std::string_view text) {
  for (std::size_t begin = text.find('{'); begin != text.npos; begin = text.find('{', begin + 1)) {
    const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", begin + 1);
    if (end == text.npos || text[end] != '}' || end == begin + 1) continue;
    const std::string_view mark = text.substr(begin, end + 1 - begin);
    if (mark != file_mark && mark != line_mark) return mark;
  }
  return {};
}

// What no address may hold as it is, and Graphviz 2.43 writes into its SVG as it is.
void append_of_template(std::string& text, char c) {
  switch (c) {
    case '"': text += "%22"; break;
    case '<': text += "%3C"; break;
    case '>': text += "%3E"; break;
    default: text += c;
  }
}

}  // namespace

EditorUrl::EditorUrl(std::string_view text) : template_(text) {
  if (text == "vscode") {
    template_ = "vscode://file{file}:{line}";
  } else if (text == "idea") {
    template_ = "idea://open?file={file}&line={line}";
  } else if (text == "file") {
    template_ = "file://{file}";
  } else if (!text.empty()) {
    own_ = true;
    if (text.find(file_mark) == text.npos) {
      throw UsageError("bad editor URL " + quoted(text) + ": expected vscode, idea, file or a template with {file}",
                       "e.g. 'myeditor://open?path={file}&line={line}'");
    }
    if (const std::string_view mark = unknown_mark(text); !mark.empty())
      throw UsageError("bad editor URL " + quoted(text) + ": unknown is " + std::string(mark) +
                       ", known are {file} and {line}");
  }
}

std::string EditorUrl::url(std::string_view file, std::uint32_t line) const {
  if (template_.empty() || file.empty() || file == "~" || (file.starts_with('<') && file.ends_with('>'))) return {};
  if (!own_ && !file.starts_with('/') && !is_windows_absolute(file)) return {};
  std::string text;
  for (std::size_t i = 0; i < template_.size();) {
    const std::string_view rest = std::string_view(template_).substr(i);
    if (rest.starts_with(file_mark)) {
      text += encoded(file);
      i += file_mark.size();
    } else if (rest.starts_with(line_mark)) {
      text += std::to_string(line == 0 ? 1 : line);
      i += line_mark.size();
    } else {
      append_of_template(text, template_[i++]);
    }
  }
  return text;
}

}  // namespace profconv
