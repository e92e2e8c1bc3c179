#include "python/files.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <boost/python/def.hpp>
#include <boost/python/dict.hpp>
#include <boost/python/extract.hpp>
#include <boost/python/list.hpp>
#include <boost/python/tuple.hpp>
#include <profconv/builder.hpp>
#include <profconv/error.hpp>
#include <profconv/formats.hpp>

#include "python/arguments.hpp"
#include "python/core_profile.hpp"
#include "python/gil.hpp"
#include "python/options.hpp"
#include "python/report.hpp"
#include "python/text.hpp"

namespace profconv::python {
namespace {

namespace py = boost::python;

/// A view of a bytes object, which nobody can change; the caller keeps the object.
std::span<const std::byte> view_of(const py::object& bytes) {
  if (!PyBytes_Check(bytes.ptr())) type_error("expected bytes, found " + type_name(bytes));
  return std::as_bytes(
      std::span(PyBytes_AS_STRING(bytes.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.ptr()))));
}

CoreProfile read_file(const py::object& path, const py::object& name, const py::dict& arguments, py::list report) {
  const std::string file = bytes_of(path, "source");
  const std::string source = name.is_none() ? file : bytes_of(name, "name");
  const ReadOptions options = read_options(arguments);
  Diagnostics diagnostics;
  Handle handle;
  {
    const WithoutGil released;
    Input input = Input::open(file, options.limits, source);
    handle = make_handle(read(input, options, diagnostics));
  }
  append(report, diagnostics);
  return {handle};
}

CoreProfile read_bytes(const py::object& bytes, const py::object& name, const py::dict& arguments, py::list report) {
  const std::span<const std::byte> data = view_of(bytes);
  const std::string source = bytes_of(name, "name");
  const ReadOptions options = read_options(arguments);
  Diagnostics diagnostics;
  Handle handle;
  {
    const WithoutGil released;
    Input input = Input::view(data, source, options.limits);
    handle = make_handle(read(input, options, diagnostics));
  }
  append(report, diagnostics);
  return {handle};
}

/// Whether a format that can be read knows the bytes as its own.
bool recognised(const py::object& bytes) {
  Input input = Input::view(view_of(bytes), "");
  std::span<const std::byte> head;
  try {
    head = input.head();
  } catch (const FormatError&) {  // broken gzip data are data all the same
    return true;
  }
  for (const Format& format : formats()) {
    if (format.sniff != nullptr && format.sniff(head) != Match::no) return true;
  }
  return false;
}

Output::Packing packing(bool gzip) { return gzip ? Output::Packing::gzip : Output::Packing::plain; }

void write_as(const Profile& profile, const std::string& format, const WriteArguments& arguments, Output& output,
              Diagnostics& diagnostics) {
  WriteOptions options = arguments.options;
  const SourceFiles sources(arguments.sources);
  options.text.sources = &sources;
  write(profile, format, options, output, diagnostics);
  if (options.text.view == TextOptions::View::lines) sources.report(diagnostics);
  output.finish();
}

void write_file(const CoreProfile& profile, const py::object& path, const std::string& format, bool gzip,
                const py::dict& arguments, py::list report) {
  const std::string name = bytes_of(path, "target");
  const Handle handle = profile.handle;
  writable_format(format);
  const TextsOf texts(**handle);
  const WriteArguments options = write_options(format, arguments);
  Diagnostics diagnostics;
  {
    const WithoutGil released;
    Output output = Output::file(name, packing(gzip));
    write_as(**handle, format, options, output, diagnostics);
  }
  append(report, diagnostics);
}

/// Bytes that somebody else has made, as write_file writes its own: whole or not at all.
void write_content(const py::object& bytes, const py::object& path, bool gzip) {
  const std::span<const std::byte> data = view_of(bytes);
  const std::string name = bytes_of(path, "target");
  const WithoutGil released;
  Output output = Output::file(name, packing(gzip));
  output.write({reinterpret_cast<const char*>(data.data()), data.size()});
  output.finish();
}

py::object write_bytes(const CoreProfile& profile, const std::string& format, bool gzip, const py::dict& arguments,
                       py::list report) {
  const Handle handle = profile.handle;
  writable_format(format);
  const TextsOf texts(**handle);
  const WriteArguments options = write_options(format, arguments);
  Diagnostics diagnostics;
  std::string text;
  {
    const WithoutGil released;
    Output output = Output::string(text, packing(gzip));
    write_as(**handle, format, options, output, diagnostics);
  }
  append(report, diagnostics);
  return py::object(py::handle<>(PyBytes_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size()))));
}

/// Throws what writing would throw for these options, whatever the profile. `others` are names that the caller takes.
/// With a specimen also for a profile of its kind: one with these metrics, and with calls or lines where it has some.
void check_write_options(const std::string& format, const py::dict& arguments, const py::object& others,
                         const py::object& specimen) {
  writable_format(format);
  const WriteArguments options = write_options(format, arguments, Argument("others", others).texts());
  if (specimen.is_none()) return;
  const Handle handle = py::extract<const CoreProfile&>(specimen)().handle;
  Diagnostics ignored;
  std::string text;
  Output output = Output::string(text, Output::Packing::plain);
  try {
    write_as(**handle, format, options, output, ignored);
  } catch (const UsageError&) {
    throw;
  } catch (const Error&) {  // that they choose nothing of the specimen
  }
}

/// The profile, and lines of its sources: (file, line, text) each, of one line the first that is given.
CoreProfile with_source_lines(const CoreProfile& profile, const py::list& lines) {
  ProfileBuilder builder = ProfileBuilder::resume(Profile(**profile.handle));
  for (py::ssize_t i = 0; i < py::len(lines); ++i) {
    const StringId file = builder.intern(bytes_of(lines[i][0], "file"));
    const std::size_t line = Argument("line", lines[i][1]).size();
    const StringId text = builder.intern(bytes_of(lines[i][2], "text"));
    if (line != 0 && line <= std::numeric_limits<std::uint32_t>::max())
      builder.add_source_line({file, static_cast<std::uint32_t>(line), text});
  }
  return {make_handle(std::move(builder).finish())};
}

/// (name, summary, endings, what it keeps, whether it is read, whether it is written) per format.
py::list format_rows() {
  py::list rows;
  for (const Format& format : formats()) {
    rows.append(py::make_tuple(to_str(format.name), to_str(format.summary), to_str(format.endings),
                               to_str(to_string(format.keeps)), format.read != nullptr, format.write != nullptr));
  }
  return rows;
}

}  // namespace

void export_files() {
  py::def("read_file", read_file);
  py::def("read_bytes", read_bytes);
  py::def("recognised", recognised);
  py::def("write_file", write_file);
  py::def("write_content", write_content);
  py::def("write_bytes", write_bytes);
  py::def("check_write_options", check_write_options);
  py::def("with_source_lines", with_source_lines);
  py::def("formats", format_rows);
}

}  // namespace profconv::python
