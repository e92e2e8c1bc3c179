#include "transforms/call_lines/function_sites.hpp"

namespace profconv {

void FunctionSites::look_at(Place function, std::span<const std::uint32_t> values, bool knows_line_times) {
  function_ = function;
  knows_line_times_ = knows_line_times;
  scan_ = &program_.scan(function.file);
  sites_.clear();
  for (const std::uint32_t v : values) {
    const Value& value = scan_->values[v];
    if (value.kind == Value::Kind::keyword || value.kind == Value::Kind::literal) continue;
    const PythonScan::Block& block = scan_->blocks[value.block];
    if (!program_.may_run(block) || (block.main_only && main_ != function.file)) continue;
    const bool is_manager = value.kind == Value::Kind::enter || value.kind == Value::Kind::exit ||
                            (value.kind == Value::Kind::await && value.name == "with");
    const bool is_of_statement = is_manager && !program_.own_lines_of_managers();
    sites_.push_back({v, is_of_statement ? value.statement : value.line, value.block, -1});
  }
  entities_.forget_many();
  explained_.assign(sites_.size(), false);
  index_names();
}

void FunctionSites::set_callees(std::span<const Callee> callees) {
  observed_.clear();
  for (const Callee& callee : callees) observed_.push_back(callee.name);
  std::ranges::sort(observed_);
}

void FunctionSites::index_names() {
  names_.clear();
  std::vector<std::string_view> aliases;
  for (std::uint32_t s = 0; s < sites_.size(); ++s) {
    const Value& v = value(s);
    const bool applies =
        v.kind == Value::Kind::decoration && v.base != none && scan_->values[v.base].kind != Value::Kind::call;
    if ((v.kind == Value::Kind::call && v.base != none) || applies) {
      aliases.clear();
      resolver_.aliases(function_.file, v.base, aliases);
      for (const std::string_view name : aliases) names_.push_back({name, s});
    } else if (v.kind == Value::Kind::attribute || v.kind == Value::Kind::name) {
      names_.push_back({v.name, s});
    }
  }
  std::ranges::sort(names_, [](const Name& a, const Name& b) {
    const int order = a.text.compare(b.text);
    return order < 0 || (order == 0 && a.site < b.site);
  });
}

std::string_view FunctionSites::called_name(std::uint32_t site) const {
  const Value& call = value(site);
  return call.kind == Value::Kind::call && call.base != none ? scan_->values[call.base].name : std::string_view{};
}

std::vector<std::uint32_t> FunctionSites::given_to(std::uint32_t site) const {
  std::vector<std::uint32_t> functions;
  const Value& call = value(site);
  if (call.kind != Value::Kind::call || call.base == none) return functions;
  const auto add = [&](Place place) {
    const std::uint32_t function = place ? program_.function_at(place) : none;
    if (function != none && std::ranges::find(functions, function) == functions.end()) functions.push_back(function);
  };
  for (std::uint32_t v = call.base + 1; v < sites_[site].value && v < call.base + 500; ++v) {
    const Value& argument = scan_->values[v];
    if (argument.kind == Value::Kind::comprehension || argument.kind == Value::Kind::lambda) {
      add({function_.file, argument.base});
    } else if ((argument.kind == Value::Kind::name || argument.kind == Value::Kind::attribute) &&
               (!argument.called || argument.scope == call.scope)) {
      const Entity entity = entity_of(v);
      if (entity.is(Entity::Kind::function)) add(entity.place);
    }
  }
  return functions;
}

std::uint32_t FunctionSites::call_around(std::uint32_t value) const {
  constexpr std::uint32_t most = 1000;  // sites of the arguments behind it
  const auto from = std::ranges::lower_bound(sites_, value, {}, &CallSite::value);
  const auto first = static_cast<std::uint32_t>(from - sites_.begin());
  for (std::uint32_t s = first; s < sites_.size() && s < first + most; ++s) {
    const Value& call = scan_->values[sites_[s].value];
    if (call.kind == Value::Kind::call && call.base != none && call.base <= value) return s;
  }
  return none;
}

bool FunctionSites::is_given_to(std::uint32_t value, std::string_view function) const {
  const std::uint32_t call = call_around(value);
  return call != none && (function.empty() || called_name(call) == function);
}

bool FunctionSites::is_in_loop(std::uint32_t site) const {
  for (std::uint32_t block = sites_[site].block; block != none; block = scan_->blocks[block].parent) {
    if (scan_->blocks[block].kind == PythonScan::Block::Kind::loop) return true;
  }
  return false;
}

}  // namespace profconv
