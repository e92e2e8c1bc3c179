#include "common/manual.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <profconv/version.hpp>

#include "common/option_list.hpp"

// man(7): text is filled into paragraphs; a line that starts with a dot or an apostrophe is a request, a backslash
// starts an escape, "-" may be typeset as a hyphen that cannot be copied, "\-" is the one of the keyboard.

namespace profconv::cli {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c == '.' || c == '\'') && (i == 0 || text[i - 1] == '\n')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '~') {
      out += "\\(ti";
    } else if (c == '^') {
      out += "\\(ha";
    } else if (c == '`') {
      out += "\\(ga";
    } else {
      out += c;
    }
  }
  return out;
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

void section(std::string& page, std::string_view title) { page += ".SH " + std::string(title) + "\n"; }

void paragraph(std::string& page, std::string_view text) { page += escaped(text) + "\n"; }

void verbatim(std::string& page, std::string_view text) {
  page += ".nf\n";
  paragraph(page, text);
  page += ".fi\n";
}

// "prof2text - reports Python profiles: ..."
void add_name(std::string& page, const CLI::App& app) {
  const std::string text = app.get_description();
  std::string line = text.substr(0, text.find('\n'));
  if (const std::size_t dot = line.find(". "); dot != std::string::npos) line.resize(dot);
  if (line.ends_with('.')) line.pop_back();
  if (!line.empty()) line[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(line[0])));
  section(page, "NAME");
  page += app.get_name() + " \\- " + escaped(line) + "\n";
}

void add_synopsis(std::string& page, const CLI::App& app, std::string_view usage) {
  section(page, "SYNOPSIS");
  page += ".nf\n";
  while (!usage.empty()) {
    const std::size_t end = std::min(usage.find('\n'), usage.size());
    page += "\\fB" + app.get_name() + "\\fR " + escaped(usage.substr(0, end)) + "\n";
    usage.remove_prefix(std::min(end + 1, usage.size()));
  }
  page += ".fi\n";
}

void add_options(std::string& page, const CLI::App& app) {
  section(page, "OPTIONS");
  for (const OptionView& option : options_of(app)) {
    page += ".TP\n";
    for (std::size_t i = 0; i < option.names.size(); ++i) {
      page += i == 0 ? "" : ", ";
      page += "\\fB" + escaped(option.names[i]) + "\\fR";
    }
    if (!option.value.empty())
      page += std::string(option.value.starts_with('[') ? "" : " ") + "\\fI" + escaped(option.value) + "\\fR";
    page += '\n';
    paragraph(page, option.text);
  }
}

}  // namespace

std::string manual_page(const CLI::App& app, const HelpTexts& texts) {
  std::string page = ".TH " + upper(app.get_name()) + " 1 \"\" \"profconv " PROFCONV_VERSION "\" \"User Commands\"\n";
  add_name(page, app);
  add_synopsis(page, app, texts.usage);
  section(page, "DESCRIPTION");
  paragraph(page, app.get_description());
  add_options(page, app);
  section(page, "EXAMPLES");
  verbatim(page, texts.examples);
  if (!texts.notes.empty()) {
    section(page, "NOTES");
    paragraph(page, texts.notes);
  }
  section(page, "EXIT STATUS");
  paragraph(page, texts.exit_status);
  section(page, "ENVIRONMENT");
  page +=
      ".TP\n\\fBPROFCONV_\\fIOPTION\\fR\nA default for the option of that name, e.g. PROFCONV_SOURCE_DIR for "
      "\\-\\-source\\-dir.\n";
  page += ".TP\n\\fBPROFCONV_CONFIG\\fR\nThe file of defaults to read; empty: none.\n";
  if (app.get_option_no_throw("--color") != nullptr) {
    page += ".TP\n\\fBNO_COLOR\\fR\nIf set and not empty, nothing is coloured unless asked for.\n";
    page += ".TP\n\\fBTERM\\fR\nIf it is dumb, likewise.\n";
    page += ".TP\n\\fBCOLUMNS\\fR\nHow many characters a line of the terminal has.\n";
  }
  page += ".TP\n\\fBTMPDIR\\fR\nWhere temporary files go (default /tmp).\n";
  section(page, "FILES");
  page +=
      ".TP\n\\fBprofconv.toml\\fR\nDefaults for options, in the current folder, else in the nearest one above it, else "
      "in "
      "\\fI$XDG_CONFIG_HOME/profconv\\fR or \\fI~/.config/profconv\\fR.\n";
  section(page, "SEE ALSO");
  std::string others;
  for (const char* name : {"prof2calltree", "prof2dot", "prof2text"}) {
    if (app.get_name() != name) others += ".BR " + std::string(name) + " (1),\n";
  }
  page += others + ".BR kcachegrind (1),\n.BR dot (1)\n";
  return page;
}

}  // namespace profconv::cli
