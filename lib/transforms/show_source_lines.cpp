#include <vector>

#include <profconv/profile.hpp>
#include <profconv/source.hpp>

namespace profconv {

void show_source_lines(const Profile& profile, const SourceFiles& sources) {
  if (profile.source_lines.empty() || !sources.enabled()) return;
  std::vector<SourceFiles::ShownLine> lines;
  lines.reserve(profile.source_lines.size());
  for (const SourceLine& line : profile.source_lines)
    lines.push_back({profile.text(line.file), line.line, profile.text(line.text)});
  sources.show(lines);
}

}  // namespace profconv
