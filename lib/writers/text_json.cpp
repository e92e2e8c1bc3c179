// json: the rows of a report with their numbers and texts exactly. docs/json-schema.md describes and versions it.

#include <string>
#include <string_view>
#include <vector>

#include <profconv/version.hpp>

#include "codecs/json_text.hpp"
#include "model/shares.hpp"
#include "writers/text_units.hpp"
#include "writers/text_view.hpp"
#include "writers/writers.hpp"

namespace profconv {
namespace {

using View = TextOptions::View;

constexpr int schema_version = 1;

class JsonWriter {
 public:
  JsonWriter(const Profile& profile, const TextOptions& options, Output& out)
      : p_(profile), options_(options), out_(out), view_(make_text_view(profile, options, false)) {
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) shares_.emplace_back(p_, m);
  }

  void write() {
    begin('{');
    key("schema").text("profconv-report");
    key("version").number(schema_version);
    key("creator").text("profconv " PROFCONV_VERSION);
    key("view").text(view_name());
    write_sources();
    write_metrics();
    key("functions_in_profile").number(p_.functions.size());
    if (options_.view == View::tree) {
      write_tree();
    } else {
      write_functions();
    }
    key("not_shown").begin('{');
    key("functions").number(view_.more);
    key("self");
    costs([&](std::size_t m) { return view_.more_self[m]; });
    end('}');
    end('}');
    line_ += '\n';
    flush();
  }

 private:
  std::string_view view_name() const {
    switch (options_.view) {
      case View::functions: return "functions";
      case View::callers: return "callers";
      case View::callees: return "callees";
      case View::peek: return "peek";
      case View::tree: return "tree";
      case View::lines: return "lines";
    }
    return "";
  }

  void write_sources() {
    key("sources").begin('[');
    for (const Source& s : p_.sources) {
      item().begin('{');
      key("name").text(p_.text(s.name));
      key("format").text(p_.text(s.format));
      if (index(s.command) != 0) key("command").text(p_.text(s.command));
      if (s.mtime_ns != 0) key("mtime_ns").number(s.mtime_ns);
      if (s.interval_ns != 0) key("interval_ns").number(s.interval_ns);
      end('}');
    }
    end(']');
  }

  void write_metrics() {
    const std::vector<std::int64_t> totals = total_cost(p_);
    key("metrics").begin('[');
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) {
      const Metric& metric = p_.metrics[m];
      item().begin('{');
      key("name").text(p_.text(metric.name));
      key("unit").text(metric.unit == Unit::nanoseconds ? "ns" : metric.unit == Unit::bytes ? "bytes" : "count");
      key("combine").text(metric.combine == Combine::sum ? "sum" : "max");
      key("self_sum").number(totals[m]);
      key("whole").number(shares_[m].whole());
      end('}');
    }
    end(']');
  }

  void write_functions() {
    key("functions").begin('[');
    for (const TextBlock& block : view_.blocks) {
      item().begin('{');
      write_row(block.head);
      const bool calls = options_.view != View::functions && options_.view != View::lines;
      if (calls && options_.view != View::callees) write_calls("callers", block.callers, block.more_callers);
      if (calls && options_.view != View::callers) write_calls("callees", block.callees, block.more_callees);
      if (options_.view == View::lines) write_lines(block);
      end('}');
      flush();
    }
    end(']');
  }

  void write_calls(std::string_view name, const std::vector<TextRow>& rows, std::size_t more) {
    key(name).begin('[');
    for (const TextRow& row : rows) {
      item().begin('{');
      write_row(row);
      end('}');
    }
    end(']');
    if (more != 0) key("more_" + std::string(name)).number(more);
  }

  void write_lines(const TextBlock& block) {
    key("lines").begin('[');
    for (const TextLine& line : block.lines) {
      if (!line.measured) continue;
      item().begin('{');
      key("line").number(line.line);
      write_costs("self", line.self);
      write_costs("total", line.total);
      if (block.has_source) key("source").text(line.source);
      end('}');
    }
    end(']');
  }

  void write_tree() {
    const CallTree& tree = view_.tree;
    key("assumption")
        .text(tree.exact ? "none: the stacks were recorded"
                         : "estimated: unless a node is proved, a function is taken to do the same whoever calls it");
    key("nodes").begin('[');
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      const CallTree::Node& node = tree.nodes[i];
      item().begin('{');
      if (node.parent != CallTree::no_node) key("parent").number(node.parent);
      key("depth").number(node.depth);
      write_function(node.function);
      key("self");
      costs([&](std::size_t m) { return tree.self.at(i, m); });
      key("total");
      costs([&](std::size_t m) { return tree.total.at(i, m); });
      key("hidden");
      costs([&](std::size_t m) { return tree.hidden.at(i, m); });
      key("proved").word(node.proved ? "true" : "false");
      if (node.recursion) key("recursion").word("true");
      end('}');
      flush();
    }
    end(']');
  }

  void write_function(FunctionId id) {
    const Function& f = p_.function(id);
    key("id").number(index(id));
    key("name").text(p_.text(f.name));
    if (index(f.qualified) != 0) key("qualified").text(p_.text(f.qualified));
    key("file").text(p_.text(f.file));
    key("line").number(f.line);
    if (index(f.context) != 0) key("context").text(p_.text(f.context));
  }

  void write_row(const TextRow& row) {
    write_function(row.function);
    if (row.counts.calls != not_counted) key("calls").number(row.counts.calls);
    if (row.counts.primitive != not_counted) key("primitive_calls").number(row.counts.primitive);
    write_costs("self", row.self);
    write_costs("total", row.total);
    if (row.estimated[main_metric(p_)]) key("estimated").word("true");
  }

  void write_costs(const char* name, const TextCosts& values) {
    bool known = false;
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) known = known || values[m] != not_measured;
    if (!known) return;
    key(name);
    costs([&](std::size_t m) { return values[m]; });
    if (!options_.percent) return;
    key(name + std::string("_percent")).begin('{');
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) {
      if (values[m] == not_measured) continue;
      const std::string percent =
          percent_of(values[m], std::string_view(name) == "self" ? shares_[m].spent() : shares_[m].whole());
      if (percent != "-") key(p_.text(p_.metrics[m].name)).word(percent);
    }
    end('}');
  }

  template <class Value>
  void costs(Value value) {
    begin('{');
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) {
      if (value(m) != not_measured) key(p_.text(p_.metrics[m].name)).number(value(m));
    }
    end('}');
  }

  // Pieces of JSON: commas come by themselves; items of lists are on lines of their own.
  JsonWriter& key(std::string_view name) {
    if (!first_) line_ += ", ";
    first_ = false;
    append_json_text(line_, name);
    line_ += ": ";
    return *this;
  }
  JsonWriter& item() {
    line_ += first_ ? "\n  " : ",\n  ";
    first_ = false;
    return *this;
  }
  void text(std::string_view value) { append_json_text(line_, value); }
  template <class T>
  void number(T value) {
    line_ += std::to_string(value);
  }
  void word(std::string_view value) { line_ += value; }
  void begin(char bracket) {
    line_ += bracket;
    first_ = true;
  }
  void end(char bracket) {
    line_ += bracket;
    first_ = false;
  }
  void flush() {
    out_.write(line_);
    line_.clear();
  }

  const Profile& p_;
  const TextOptions& options_;
  Output& out_;
  TextView view_;
  std::vector<Shares> shares_;  // per metric
  std::string line_;
  bool first_ = true;
};

}  // namespace

void write_json(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics&) {
  JsonWriter(profile, options.text, output).write();
}

}  // namespace profconv
