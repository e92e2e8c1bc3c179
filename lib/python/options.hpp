#pragma once

#include <span>
#include <string>

#include <boost/python/dict.hpp>
#include <profconv/formats.hpp>
#include <profconv/source.hpp>
#include <profconv/transforms.hpp>

/// Keyword arguments as the library's structs of options. Throws TypeError for wrong types and unknown names,
/// UsageError for values that make no sense.

namespace profconv::python {

ReadOptions read_options(const boost::python::dict& arguments);

/// What a format takes: the fields of its struct, by name; and where the text of lines is looked for.
struct WriteArguments {
  WriteOptions options;
  SourceOptions sources;
};

/// `others` are names that the caller takes besides, for the message about one that nobody takes.
WriteArguments write_options(const std::string& format, const boost::python::dict& arguments,
                             std::span<const std::string> others = {});

/// What a fusion takes: where to look for sources, and FuseOptions.
struct FuseArguments {
  SourceOptions sources;
  bool recover_calls = true;
};

/// What the use of sources takes: where to look for them, and SourceUse.
struct SourceArguments {
  SourceOptions sources;
  SourceUse use;
};

SourceArguments source_options(const boost::python::dict& arguments);

/// What splitting takes: the rules, and whether and where to look for sources.
struct SplitArguments {
  SplitOptions options;
  SourceOptions sources{.enabled = false};
};

SplitArguments split_options(const boost::python::dict& arguments);

/// What is done before a profile is shown in KCachegrind.
struct CalltreeArguments {
  SourceOptions sources;
  bool split = true;
  bool is_last = false;  ///< Nobody looks at the profile after that.
};

CalltreeArguments calltree_options(const boost::python::dict& arguments);
FuseArguments fuse_options(const boost::python::dict& arguments);
FoldOptions fold_options(const boost::python::dict& arguments);
FocusOptions focus_options(const boost::python::dict& arguments);
PruneOptions prune_options(const boost::python::dict& arguments);

}  // namespace profconv::python
