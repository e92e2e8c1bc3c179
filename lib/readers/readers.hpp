#pragma once

#include <profconv/formats.hpp>

/// One reader and one sniffer per format; `lib/formats.cpp` puts them into the table.

namespace profconv {

Match sniff_pstats(std::span<const std::byte> head);
Profile read_pstats(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics);

Match sniff_line_profiler(std::span<const std::byte> head);
Profile read_line_profiler(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics);

Match sniff_line_profiler_text(std::span<const std::byte> head);
Profile read_line_profiler_text(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics);

Match sniff_memory_profiler(std::span<const std::byte> head);
Profile read_memory_profiler(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics);

Match sniff_hotshot(std::span<const std::byte> head);
Profile read_hotshot(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics);

Match sniff_mprof(std::span<const std::byte> head);
Profile read_mprof(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics);

Match sniff_collapsed(std::span<const std::byte> head);
Profile read_collapsed(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics);

Match sniff_sampling_binary(std::span<const std::byte> head);
Profile read_sampling_binary(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics);

Match sniff_sampling_jsonl(std::span<const std::byte> head);
Profile read_sampling_jsonl(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics);

Match sniff_dump(std::span<const std::byte> head);
Profile read_dump(const Bytes& bytes, const ReadOptions& options, Diagnostics& diagnostics);

}  // namespace profconv
