#include "transforms/call_lines/callee.hpp"

#include "base/one_of.hpp"
#include "model/c_function.hpp"
#include "model/origin.hpp"

namespace profconv {
namespace {

std::string_view last_part(std::string_view dotted) { return dotted.substr(dotted.rfind('.') + 1); }

bool is_import_function(std::string_view name) {
  return is_one_of(name, {"_find_and_load", "_handle_fromlist", "_find_and_load_unlocked", "import_",
                          "_lock_unlock_module", "_find_spec"});
}

}  // namespace

bool is_constructor(std::string_view name) { return name == "__init__" || name == "__new__" || name == "__call__"; }

Callee callee_of(const Program& program, FunctionId function) {
  const Profile& profile = program.profile();
  const Function& f = profile.function(function);
  Callee callee;
  callee.function = function;
  callee.name = profile.text(f.name);
  callee.place = program.place(function);
  const std::string_view file = profile.text(f.file);
  callee.is_import = file.starts_with("<frozen importlib") && is_import_function(last_part(callee.name));
  callee.is_generated = file == "<string>" || (file.starts_with('<') && !file.starts_with("<frozen") && f.line != 0);
  if (f.line != 0 || !(callee.name.starts_with('<') || is_c_file(file) || file.empty())) return callee;
  if (file.empty() && !callee.name.starts_with('<') && callee.name.find('.') != std::string_view::npos) {
    callee.name = last_part(callee.name);  // mprof: "__main__.load"
    return callee;
  }
  callee.is_c = true;
  if (const CFunction c = c_function(callee.name)) {
    callee.name = c.name;
    // <built-in method fromkeys of type object at 0x...> may be of any type.
    callee.type = c.type == "type" ? std::string_view{} : c.type;
  }
  return callee;
}

}  // namespace profconv
