// Every real file runs through, and its oddities come out as the counts that they are.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include "engine/intake/check_data.h"
#include "engine/intake/import.h"
#include "tests/source_folder.h"

using namespace lastkm;
using namespace lastkm::intake;

namespace {
namespace fs = std::filesystem;

std::optional<fs::path> data_folder() {
  const char* shared = std::getenv("LASTKM_SHARED");
  const fs::path folder =
      fs::path(shared != nullptr ? shared : lastkm::test::source_folder() + "/../shared") / "data";
  if (fs::is_directory(folder)) return folder;
  std::cerr << "SKIPPED: no test data at " << folder << "; set LASTKM_SHARED\n";
  return std::nullopt;
}

struct Run {
  ImportReport report;
  std::vector<Submission> taken;
  std::map<std::string, int> codes;
  std::vector<std::int64_t> refused;  ///< rows
};

Run run(const std::string& format, const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  REQUIRE(in);
  auto importer = open_import(format, in, {});
  REQUIRE(importer);
  Run out;
  while (auto row = (*importer)->next()) {
    if (row->submission) {
      CHECK(check_data(row->submission->data, "", kImportedTextLimits));
      out.taken.push_back(std::move(*row->submission));
    } else {
      ++out.codes[row->submission.error().code];
      out.refused.push_back(row->row);
    }
  }
  out.report = (*importer)->report();
  CHECK(out.report.rows == out.report.taken + out.report.refused);
  CHECK(out.report.taken == static_cast<std::int64_t>(out.taken.size()));
  CHECK(out.report.refused == static_cast<std::int64_t>(out.refused.size()));
  return out;
}

const Submission* find(const Run& run, std::string_view reference) {
  for (const Submission& one : run.taken) {
    if (one.reference == reference) return &one;
  }
  return nullptr;
}
}  // namespace

TEST_CASE("import: each file of cities is read row for row") {
  const auto folder = data_folder();
  if (!folder) return;
  struct Expected {
    std::string format, file;
    std::int64_t rows, refused;
    std::map<std::string, int> codes;
    std::map<std::string, std::int64_t> cleaned;  ///< these at least
  };
  const std::vector<Expected> table = {
      {"nyc311", "311/nyc_2011_2000.csv", 2000, 0, {}, {{"null-date", 1}}},
      {"nyc311",
       "311/nyc_2018-19_1000.csv",
       1000,
       0,
       {},
       {{"closed-before-created", 10}, {"open-with-closed-date", 17}}},
      {"nyc311", "311/nyc_2013-10-31_199.csv", 199, 0, {}, {}},
      {"nyc311", "311/nyc_2024-05-27_1000.soda.json", 1000, 0, {}, {{"time-without-zone", 1677}}},
      {"austin311",
       "311/austin_A_5000.csv",
       5000,
       2,
       {{"missing-text", 1}, {"marked-for-deletion", 1}},
       {{"location-elsewhere", 8}, {"without-date", 68}}},
      {"boston311", "311/boston/boston311-100.csv", 100, 0, {}, {}},
      {"boston311", "311/boston/boston311-100-bad.tsv", 100, 1, {{"ragged-row", 1}}, {}},
      {"boston311", "311/boston/boston311-100-with-nonascii.csv", 100, 0, {}, {}},
      {"boston311", "311/boston/boston311-dmy-100.csv", 100, 0, {}, {}},
      {"boston311", "311/boston/boston311-100-notime.csv", 100, 0, {}, {}},
      {"boston311", "311/boston/boston311-100-20dupes-random.csv", 100, 0, {}, {}},
      {"boston311", "311/boston/boston311-100-untrimmed.jsonl", 100, 0, {}, {}},
      {"boston311", "311/boston/boston311-100-with-fake-pii.csv", 100, 0, {}, {}},
      {"open311", "open311/chicago_with_notes_25.json", 25, 0, {}, {}},
      {"open311", "open311/cities/service_requests.json", 2, 0, {}, {}},
      {"open311", "open311/cities/requests_many.xml", 2, 0, {}, {}},
      {"open311", "open311/cities/requests_single.xml", 1, 0, {}, {}},
      {"open311",
       "open311/cities/sf_truncated_head.xml",
       3,
       0,
       {},
       {{"damaged-document", 1}, {"null-location", 2}}},
      {"open311", "open311/sf/service_requests.xml", 2, 0, {}, {}},
      {"open311", "open311/sf/get_service_request.xml", 1, 0, {}, {}},
  };
  for (const Expected& expected : table) {
    INFO(expected.file);
    const Run got = run(expected.format, *folder / expected.file);
    CHECK(got.report.rows == expected.rows);
    CHECK(got.report.refused == expected.refused);
    CHECK(got.codes == expected.codes);
    for (const auto& [kind, n] : expected.cleaned) {
      INFO(kind);
      const auto found = got.report.cleaned.find(kind);
      CHECK((found == got.report.cleaned.end() ? 0 : found->second) == n);
    }
  }
}

TEST_CASE("import: files that hold no requests give none, and never a crash") {
  const auto folder = data_folder();
  if (!folder) return;
  for (const auto& entry : fs::recursive_directory_iterator(*folder / "open311")) {
    if (!entry.is_regular_file()) continue;
    for (const std::string_view format : formats()) {
      INFO(entry.path() << " as " << format);
      std::ifstream in(entry.path(), std::ios::binary);
      auto importer = open_import(format, in, {});
      if (!importer) {
        CHECK(importer.error().kind == ErrorKind::bad_input);
        continue;
      }
      while ((*importer)->next()) {
      }
      const ImportReport& report = (*importer)->report();
      CHECK(report.rows == report.taken + report.refused);
    }
  }
}

TEST_CASE("import: the same requests written in four ways are the same requests") {
  const auto folder = data_folder();
  if (!folder) return;
  const Run plain = run("boston311", *folder / "311/boston/boston311-100.csv");
  for (const std::string name : {"boston311-dmy-100.csv", "boston311-100-untrimmed.jsonl"}) {
    const Run other = run("boston311", *folder / "311/boston" / name);
    REQUIRE(other.taken.size() == plain.taken.size());
    for (std::size_t i = 0; i < plain.taken.size(); ++i) {
      CHECK(other.taken[i].reference == plain.taken[i].reference);
      CHECK(other.taken[i].occurred_at == plain.taken[i].occurred_at);
      CHECK(other.taken[i].data == plain.taken[i].data);
    }
  }
}

TEST_CASE("import: single rows of real files come out as they should") {
  const auto folder = data_folder();
  if (!folder) return;
  const Run nyc = run("nyc311", *folder / "311/nyc_2011_2000.csv");
  const Submission* one = find(nyc, "19937901");
  REQUIRE(one != nullptr);
  CHECK(one->name == "ImportCase");
  CHECK(one->channel == "nyc311");
  CHECK(one->idempotency_key.empty());
  CHECK(format_utc(*one->occurred_at) == "2011-03-01T15:41:13.000Z");
  CHECK(one->data.text("closed_at") == "2011-03-15T21:14:19.000Z");
  CHECK(one->data.text("status") == "closed");
  CHECK(one->data.text("source_category") == "nyc:street-sign-dangling");
  CHECK(one->data.text("source_place") == "nyc:07-brooklyn");
  CHECK(one->data.text("text") ==
        "Street Sign - Dangling: Street Cleaning - ASP\nThe Department of Transportation has completed the "
        "request or corrected the condition.");
  CHECK(one->data.text("address") == "186 25 STREET, BROOKLYN, 11232");
  CHECK(*one->data.find("location") == Value(Object{{"lat", 406608120}, {"long", -739985943}}));
  for (const Submission& row : nyc.taken)
    CHECK(row.data.text("text").find("\xC3\x82") == std::string_view::npos);

  const Run austin = run("austin311", *folder / "311/austin_A_5000.csv");
  CHECK(austin.refused.front() == 1);
  CHECK(format_utc(*find(austin, "14-00097246")->occurred_at) == "2014-05-21T12:13:57.000Z");

  const Run sf = run("open311", *folder / "open311/cities/sf_truncated_head.xml");
  CHECK(format_utc(*sf.taken[0].occurred_at) == "2012-03-14T23:17:08.230Z");
  CHECK(sf.taken[0].data.text("closed_at") == "2012-03-16T07:59:10.943Z");

  const Run chicago = run("open311", *folder / "open311/chicago_with_notes_25.json");
  CHECK(chicago.taken[0].data.text("text").find("Hot water does not get hot") != std::string_view::npos);
  CHECK(*chicago.taken[0].data.find("location") == Value(Object{{"lat", 419377687}, {"long", -876478173}}));
}
