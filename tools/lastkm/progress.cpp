#include "tools/lastkm/progress.h"

#include <algorithm>

#include "tools/lastkm/text_width.h"

namespace lastkm::tool {

Progress::Progress(std::ostream& out, bool shown, std::string what, std::int64_t total)
    : out_(&out), shown_(shown), what_(std::move(what)), total_(total) {}

Progress::~Progress() {
  if (drawn_) *out_ << "\r\x1b[K" << std::flush;
}

void Progress::at(std::int64_t n, const std::string& note) {
  if (!shown_) return;
  const auto now = std::chrono::steady_clock::now();
  const bool last = total_ > 0 && n >= total_;
  if (drawn_ && !last && now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  drawn_ = true;
  constexpr std::int64_t kCells = 30;
  std::string line = "\r" + what_ + " ";
  if (total_ > 0) {
    const std::int64_t full = std::clamp<std::int64_t>(n * kCells / total_, 0, kCells);
    line += "[";
    for (std::int64_t i = 0; i < kCells; ++i) line += i < full ? "█" : "·";
    line += "] " + std::to_string(n * 100 / total_) + "%";
  } else {
    line += std::to_string(n);
  }
  if (!note.empty()) line += "  " + fit(note, 30);
  *out_ << line << "\x1b[K" << std::flush;
}

}  // namespace lastkm::tool
