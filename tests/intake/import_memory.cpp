#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <istream>
#include <streambuf>
#include <string>

#include "engine/intake/import.h"

using namespace lastkm;
using namespace lastkm::intake;

namespace {
/// A file that is made while it is read: a head, then numbered rows until `bytes` are passed.
class Endless final : public std::streambuf {
 public:
  Endless(std::string head, std::string (*row)(std::int64_t), std::int64_t bytes)
      : piece_(std::move(head)), row_(row), left_(bytes) {
    setg(piece_.data(), piece_.data(), piece_.data() + piece_.size());
  }

 protected:
  int_type underflow() override {
    if (left_ <= 0) return traits_type::eof();
    piece_.clear();
    while (piece_.size() < (64U << 10U)) piece_ += row_(++n_);
    left_ -= static_cast<std::int64_t>(piece_.size());
    setg(piece_.data(), piece_.data(), piece_.data() + piece_.size());
    return traits_type::to_int_type(piece_[0]);
  }

 private:
  std::string piece_;
  std::string (*row_)(std::int64_t);
  std::int64_t left_;
  std::int64_t n_ = 0;
};

std::int64_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6));
  }
  return 0;
}

std::string nyc_row(std::int64_t n) {
  return std::to_string(n) + ",03/01/2011 02:27:57 PM,Noise - Residential,\"" + std::string(400, 'x') +
         "\nline\",\n";
}
std::string hotline_row(std::int64_t n) {
  return (n == 1 ? "" : ",") + std::string("{\"reference\":\"") + std::to_string(n) +
         "\",\"channel\":\"CH\",\"text\":\"" + std::string(400, 'x') + "\"}\n";
}
std::string open_row(std::int64_t n) {
  return "<request><service_request_id>" + std::to_string(n) + "</service_request_id><description>" +
         std::string(400, 'x') + "</description></request>";
}
std::string ambiguous_row(std::int64_t n) {
  return std::to_string(n) + ",01/02/2011,Noise," + std::string(9000, 'x') + ",\n";
}
}  // namespace

TEST_CASE("import: memory does not grow with the file") {
#if defined(__SANITIZE_ADDRESS__)
  constexpr std::int64_t large = 10 << 20;
#else
  constexpr std::int64_t large = 200 << 20;
#endif
  constexpr std::int64_t small = large / 4;
  const std::string nyc_head = "Unique Key,Created Date,Complaint Type,Resolution Description,Closed Date\n";
  struct File {
    std::string format, head;
    std::string (*row)(std::int64_t);
    std::int64_t bytes;
  };
  for (const File& file :
       {File{"nyc311", nyc_head, nyc_row, large}, File{"hotline-jsonl", "[", hotline_row, small},
        File{"open311", "<service_requests>", open_row, small},
        File{"nyc311", nyc_head, ambiguous_row, small}}) {
    INFO(file.format);
    Endless source(file.head, file.row, file.bytes);
    std::istream in(&source);
    const std::int64_t before = resident_kib();
    auto importer = open_import(file.format, in, {});
    REQUIRE(importer);
    std::int64_t most = before;
    std::int64_t rows = 0;
    while ((*importer)->next()) {
      if (++rows % 1000 == 0) most = std::max(most, resident_kib());
    }
    CHECK((*importer)->report().taken == rows);
    CHECK(rows > file.bytes / 10000);
#if !defined(__SANITIZE_ADDRESS__)
    CHECK(most - before < 64 * 1024);
#endif
  }
}
