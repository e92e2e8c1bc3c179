#include "source/python_runtime.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "base/one_of.hpp"

namespace profconv {
namespace {

using System = Runtime::System;

// Without blanks, all strings in the same quotes.
std::string compact(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\\') result += c == '"' ? '\'' : c;
  }
  if (result.starts_with('(') && result.ends_with(')')) result = result.substr(1, result.size() - 2);
  return result;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

bool take_any(std::string_view& text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return take(text, word); });
}

std::optional<std::uint16_t> take_number(std::string_view& text) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr std::uint16_t most = 99;
  if (error != std::errc{} || number > most) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

RuntimeCondition from(std::uint16_t version) { return {{.least = version}, {.below = version}}; }

RuntimeCondition opposite(RuntimeCondition condition) {
  std::swap(condition.holds, condition.fails);
  return condition;
}

// sys.version_info >= (3, 12), and what is written of it: its first part or two.
RuntimeCondition version_test(std::string_view text) {
  const bool major = take_any(text, {"[0]", ".major"});
  const bool two = !major && take_any(text, {"[:2]", "[0:2]"});
  const bool least = text.starts_with('>'), below = text.starts_with('<'), equal = take(text, "==");
  if (!least && !below && !equal) return {};
  if (!equal) text.remove_prefix(1);
  const bool inclusive = take(text, "=");
  if (!major && !take(text, "(")) return {};
  const std::optional<std::uint16_t> first = take_number(text);
  if (!first) return {};
  std::uint16_t version = static_cast<std::uint16_t>(*first * 100), next = static_cast<std::uint16_t>(version + 100);
  if (!major) {
    if (take(text, ",")) {
      if (const std::optional<std::uint16_t> second = take_number(text)) {
        version = static_cast<std::uint16_t>(version + *second);
        next = static_cast<std::uint16_t>(version + 1);
      }
    }
    if (!take(text, ")")) return {};
  }
  if (!text.empty()) return {};
  // Python 3.8.1 is greater than (3, 8), as what has more parts is.
  if (!major && !two) next = version;
  if (equal) return major ? (version >= 300 ? from(300) : opposite(from(300))) : RuntimeCondition{};
  return least ? from(inclusive ? version : next) : opposite(from(inclusive ? next : version));
}

RuntimeCondition on(System system) {
  return {{.system = system}, {.system = system == System::windows ? System::other : System::windows}};
}

// One test, compact.
RuntimeCondition single_test(std::string_view text) {
  if (is_one_of(text, {"PY3", "six.PY3"})) return from(300);
  if (is_one_of(text, {"PY2", "six.PY2"})) return opposite(from(300));
  if (is_one_of(text, {"sys.platform=='win32'", "sys.platform.startswith('win')", "os.name=='nt'",
                       "platform.system()=='Windows'"}))
    return on(System::windows);
  if (is_one_of(text, {"sys.platform!='win32'", "os.name!='nt'", "os.name=='posix'", "platform.system()!='Windows'"}))
    return on(System::other);
  return take_any(text, {"sys.version_info", "version_info", "_sys.version_info"}) ? version_test(text)
                                                                                   : RuntimeCondition{};
}

// sys.stdlib_module_names of Python 3.10 to 3.13, less what is written in C; sorted.
constexpr std::string_view python_library[] = {"_android_support",
                                               "_collections_abc",
                                               "_colorize",
                                               "_compat_pickle",
                                               "_compression",
                                               "_ios_support",
                                               "_markupbase",
                                               "_opcode_metadata",
                                               "_py_abc",
                                               "_pydatetime",
                                               "_pydecimal",
                                               "_pyio",
                                               "_pylong",
                                               "_pyrepl",
                                               "_sitebuiltins",
                                               "_strptime",
                                               "_threading_local",
                                               "_weakrefset",
                                               "abc",
                                               "aifc",
                                               "argparse",
                                               "ast",
                                               "asynchat",
                                               "asyncio",
                                               "asyncore",
                                               "base64",
                                               "bdb",
                                               "binhex",
                                               "bisect",
                                               "bz2",
                                               "cProfile",
                                               "calendar",
                                               "cgi",
                                               "cgitb",
                                               "chunk",
                                               "cmd",
                                               "code",
                                               "codecs",
                                               "codeop",
                                               "collections",
                                               "colorsys",
                                               "compileall",
                                               "concurrent",
                                               "configparser",
                                               "contextlib",
                                               "contextvars",
                                               "copy",
                                               "copyreg",
                                               "crypt",
                                               "csv",
                                               "ctypes",
                                               "curses",
                                               "dataclasses",
                                               "datetime",
                                               "dbm",
                                               "decimal",
                                               "difflib",
                                               "dis",
                                               "distutils",
                                               "doctest",
                                               "email",
                                               "encodings",
                                               "ensurepip",
                                               "enum",
                                               "filecmp",
                                               "fileinput",
                                               "fnmatch",
                                               "fractions",
                                               "ftplib",
                                               "functools",
                                               "genericpath",
                                               "getopt",
                                               "getpass",
                                               "gettext",
                                               "glob",
                                               "graphlib",
                                               "gzip",
                                               "hashlib",
                                               "heapq",
                                               "hmac",
                                               "html",
                                               "http",
                                               "imaplib",
                                               "imghdr",
                                               "imp",
                                               "importlib",
                                               "inspect",
                                               "io",
                                               "ipaddress",
                                               "json",
                                               "keyword",
                                               "linecache",
                                               "locale",
                                               "logging",
                                               "lzma",
                                               "mailbox",
                                               "mailcap",
                                               "mimetypes",
                                               "modulefinder",
                                               "multiprocessing",
                                               "netrc",
                                               "nntplib",
                                               "ntpath",
                                               "nturl2path",
                                               "numbers",
                                               "opcode",
                                               "operator",
                                               "optparse",
                                               "os",
                                               "pathlib",
                                               "pdb",
                                               "pickle",
                                               "pickletools",
                                               "pipes",
                                               "pkgutil",
                                               "platform",
                                               "plistlib",
                                               "poplib",
                                               "posixpath",
                                               "pprint",
                                               "profile",
                                               "pstats",
                                               "pty",
                                               "py_compile",
                                               "pyclbr",
                                               "pydoc",
                                               "pydoc_data",
                                               "queue",
                                               "quopri",
                                               "random",
                                               "re",
                                               "reprlib",
                                               "rlcompleter",
                                               "runpy",
                                               "sched",
                                               "secrets",
                                               "selectors",
                                               "shelve",
                                               "shlex",
                                               "shutil",
                                               "signal",
                                               "site",
                                               "smtpd",
                                               "smtplib",
                                               "sndhdr",
                                               "socket",
                                               "socketserver",
                                               "sqlite3",
                                               "sre_compile",
                                               "sre_constants",
                                               "sre_parse",
                                               "ssl",
                                               "stat",
                                               "statistics",
                                               "string",
                                               "stringprep",
                                               "struct",
                                               "subprocess",
                                               "sunau",
                                               "symtable",
                                               "sysconfig",
                                               "tabnanny",
                                               "tarfile",
                                               "telnetlib",
                                               "tempfile",
                                               "textwrap",
                                               "threading",
                                               "timeit",
                                               "tkinter",
                                               "token",
                                               "tokenize",
                                               "tomllib",
                                               "trace",
                                               "traceback",
                                               "tracemalloc",
                                               "tty",
                                               "turtle",
                                               "types",
                                               "typing",
                                               "unittest",
                                               "urllib",
                                               "uu",
                                               "uuid",
                                               "venv",
                                               "warnings",
                                               "wave",
                                               "weakref",
                                               "webbrowser",
                                               "wsgiref",
                                               "xdrlib",
                                               "xml",
                                               "xmlrpc",
                                               "zipapp",
                                               "zipfile",
                                               "zipimport",
                                               "zoneinfo"};
static_assert(std::ranges::is_sorted(python_library));

}  // namespace

bool is_python_of_library(std::string_view dotted) noexcept {
  return std::ranges::binary_search(python_library, dotted.substr(0, dotted.find('.')));
}

RuntimeCondition runtime_condition(std::string_view text) {
  constexpr std::size_t longest = 200;
  // Nearly all conditions ask for something else.
  const bool asks =
      text.size() < longest &&
      (text.find("version_info") != std::string_view::npos || text.find("platform") != std::string_view::npos ||
       text.find("os.name") != std::string_view::npos || text.find("PY") != std::string_view::npos);
  if (!asks || text.find('#') != std::string_view::npos) return {};
  const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
  const bool is_all = has(" and "), is_any = has(" or ");
  if ((is_all && is_any) || has(" if ") || has(" not ")) return {};
  // Of several tests the first.
  RuntimeCondition condition = single_test(compact(text.substr(0, text.find(is_all ? " and " : " or "))));
  if (is_all) condition.fails = {};
  if (is_any) condition.holds = {};
  return condition;
}

}  // namespace profconv
