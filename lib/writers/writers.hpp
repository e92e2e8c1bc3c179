#pragma once

#include <profconv/formats.hpp>

/// One writer per format; `lib/formats.cpp` puts them into the table.

namespace profconv {

void write_callgrind(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics& diagnostics);
void write_collapsed(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics& diagnostics);
void write_dot(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics& diagnostics);
void write_csv(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics& diagnostics);
void write_dump(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics& diagnostics);
void write_json(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics& diagnostics);
void write_markdown(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics& diagnostics);
void write_text(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics& diagnostics);
void write_tsv(const Profile& profile, const WriteOptions& options, Output& output, Diagnostics& diagnostics);

}  // namespace profconv
