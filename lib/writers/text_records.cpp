// csv (RFC 4180) and tsv: the rows of a report for programs. One header line; costs are whole numbers in the unit of
// their metric (nanoseconds, bytes, counts), an unknown number is an empty field. Texts are visible text: no field
// holds a line end or a tab, so a record is a line, and tsv needs no quotes.
//
//     view of functions         name,qualified,file,line,context[,calls,primitive_calls],time_self[,time_total]...
//     callers, callees, peek    role,of_name,of_qualified,of_file,of_line,of_context and the same; role is function,
//                               caller or callee; `of` is the function that a caller or callee belongs to; estimated is
//                               1 where time_total is a share by counts
//     lines                     name,...,context,source_line,time_self,time_total,...,source: one record per line with
//                               costs
//     tree                      node,parent,depth and the same, time_hidden, proved and recursion (0 or 1)

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/visible.hpp"
#include "model/shares.hpp"
#include "writers/text_units.hpp"
#include "writers/text_view.hpp"
#include "writers/writers.hpp"

namespace profconv {
namespace {

using View = TextOptions::View;

class RecordWriter {
 public:
  RecordWriter(const Profile& profile, const TextOptions& options, char separator, Output& out)
      : p_(profile),
        options_(options),
        separator_(separator),
        out_(out),
        view_(make_text_view(profile, options, false)) {
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) shares_.emplace_back(p_, m);
  }

  void write() {
    write_header();
    if (options_.view == View::tree) return write_tree();
    if (options_.view == View::lines) return write_lines();
    for (const TextBlock& block : view_.blocks) {
      if (options_.view == View::functions) {
        write_numbers(block.head);
        if (is_grouped()) field(block.head.estimated[main_metric(p_)] ? "1" : "0");
        end();
        continue;
      }
      write_call("function", block, block.head);
      for (const TextRow& row : block.callers) write_call("caller", block, row);
      for (const TextRow& row : block.callees) write_call("callee", block, row);
    }
  }

 private:
  bool is_grouped() const { return options_.noun != "function"; }

  void write_header() {
    const bool tree = options_.view == View::tree,
               calls = !tree && options_.view != View::functions && options_.view != View::lines;
    if (tree) words({"node", "parent", "depth"});
    if (calls) words({"role", "of_name", "of_qualified", "of_file", "of_line", "of_context"});
    words({"name", "qualified", "file", "line", "context"});
    if (options_.view == View::lines) {
      field("source_line");
      for (const Metric& metric : p_.metrics) {
        const std::string name(p_.text(metric.name));
        field(name + "_self");
        field(name + "_total");
        if (options_.percent) words({name + "_self_percent", name + "_total_percent"});
      }
      field("source");
      return end();
    }
    if (view_.has_counts && !tree) words({"calls", "primitive_calls"});
    for (const Metric& metric : p_.metrics) {
      const std::string name(p_.text(metric.name));
      field(name + "_self");
      if (view_.has_total) field(name + "_total");
      if (tree) field(name + "_hidden");
      if (options_.percent) field(name + "_self_percent");
      if (options_.percent && view_.has_total) field(name + "_total_percent");
    }
    if (calls || (!tree && is_grouped())) field("estimated");
    if (tree) words({"proved", "recursion"});
    end();
  }

  void write_function(const Function& f) {
    text(f.name);
    text(f.qualified);
    text(f.file);
    number(f.line);
    text(f.context);
  }

  void write_costs(std::size_t m, std::int64_t self, std::int64_t total, const std::int64_t* hidden) {
    cost(self);
    if (view_.has_total) cost(total);
    if (hidden != nullptr) cost(*hidden);
    if (!options_.percent) return;
    percent(self, shares_[m].spent());
    if (view_.has_total) percent(total, shares_[m].whole());
  }

  void write_numbers(const TextRow& row) {
    write_function(p_.function(row.function));
    if (view_.has_counts) {
      count(row.counts.calls);
      count(row.counts.primitive);
    }
    for (std::size_t m = 0; m < p_.metrics.size(); ++m) write_costs(m, row.self[m], row.total[m], nullptr);
  }

  void write_call(std::string_view role, const TextBlock& block, const TextRow& row) {
    field(role);
    if (role == "function") {
      words({"", "", "", "", ""});
    } else {
      write_function(p_.function(block.head.function));
    }
    write_numbers(row);
    field(row.estimated[main_metric(p_)] ? "1" : "0");
    end();
  }

  void write_tree() {
    const CallTree& tree = view_.tree;
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      const CallTree::Node& node = tree.nodes[i];
      number(i);
      if (node.parent == CallTree::no_node) {
        field("");
      } else {
        number(node.parent);
      }
      number(node.depth);
      write_function(p_.function(node.function));
      for (std::size_t m = 0; m < p_.metrics.size(); ++m) {
        const std::int64_t hidden = tree.hidden.at(i, m);
        write_costs(m, tree.self.at(i, m), tree.total.at(i, m), &hidden);
      }
      field(node.proved ? "1" : "0");
      field(node.recursion ? "1" : "0");
      end();
    }
  }

  void write_lines() {
    for (const TextBlock& block : view_.blocks) {
      for (const TextLine& line : block.lines) {
        if (!line.measured) continue;
        write_function(p_.function(block.head.function));
        number(line.line);
        for (std::size_t m = 0; m < p_.metrics.size(); ++m) {
          cost(line.self[m]);
          cost(line.total[m]);
          if (!options_.percent) continue;
          percent(line.self[m], shares_[m].spent());
          percent(line.total[m], shares_[m].whole());
        }
        field(visible(line.source));
        end();
      }
    }
  }

  void field(std::string_view value) {
    if (!record_.empty() || begun_) record_ += separator_;
    begun_ = true;
    if (separator_ == ',' && value.find_first_of(",\"") != std::string_view::npos) {
      record_ += '"';
      for (const char c : value) {
        if (c == '"') record_ += '"';
        record_ += c;
      }
      record_ += '"';
    } else {
      record_ += value;
    }
  }
  void words(std::initializer_list<std::string_view> values) {
    for (const std::string_view value : values) field(value);
  }
  void text(StringId id) { field(visible(p_.text(id))); }
  void number(std::uint64_t value) { field(std::to_string(value)); }
  void count(std::int64_t value) { field(value == not_counted ? std::string() : std::to_string(value)); }
  void cost(std::int64_t value) { field(value == not_measured ? std::string() : std::to_string(value)); }
  void percent(std::int64_t part, std::int64_t whole) {
    const std::string value = part == not_measured ? "-" : percent_of(part, whole);
    field(value == "-" ? std::string_view{} : std::string_view(value));
  }
  void end() {
    record_ += separator_ == ',' ? "\r\n" : "\n";
    out_.write(record_);
    record_.clear();
    begun_ = false;
  }

  const Profile& p_;
  const TextOptions& options_;
  char separator_;
  Output& out_;
  TextView view_;
  std::vector<Shares> shares_;  // per metric
  std::string record_;
  bool begun_ = false;
};

}  // namespace

void write_csv(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics&) {
  RecordWriter(profile, options.text, ',', output).write();
}

void write_tsv(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics&) {
  RecordWriter(profile, options.text, '\t', output).write();
}

}  // namespace profconv
