// Oddities of files, one by one; mutated files; a file larger than memory should be.
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <random>
#include <sstream>

#include "engine/intake/check_data.h"
#include "engine/intake/clean.h"
#include "engine/intake/import.h"
#include "engine/record/canonical.h"

using namespace lastkm;
using namespace lastkm::intake;

namespace {
const std::string kHead = "reference,channel,occurred_at,text\n";

struct Run {
  Error failed;
  ImportReport report;
  std::vector<Submission> taken;
  std::string codes;  ///< of the refused rows: "2:ragged-row 5:truncated"
};

Run run(const std::string& format, const std::string& text, const ImportOptions& options = {}) {
  std::istringstream in(text);
  Run out;
  auto importer = open_import(format, in, options);
  if (!importer) {
    out.failed = importer.error();
    return out;
  }
  while (auto row = (*importer)->next()) {
    if (row->submission) {
      REQUIRE(check_data(row->submission->data, "", kImportedTextLimits));
      out.taken.push_back(*row->submission);
    } else {
      out.codes +=
          (out.codes.empty() ? "" : " ") + std::to_string(row->row) + ":" + row->submission.error().code;
    }
  }
  out.report = (*importer)->report();
  CHECK(out.report.rows == out.report.taken + out.report.refused);
  return out;
}
}  // namespace

TEST_CASE("import: a refused row says at which line it begins, in which member and what stands there") {
  struct Row {
    std::string cells;  ///< reference, channel, occurred_at, text, category, status
    std::string path, said;
  };
  const auto row = GENERATE(values<Row>({
      {"1,CH,soon,x,,", "/occurred_at", "'soon'"},
      {"1,CH,2026-15-10 08:00,x,,", "/occurred_at", "'2026-15-10 08:00'"},
      {"1,CH,,x,,done", "/status", "'done'"},
      {"1,,,x,,", "/channel", ""},
      {"1,CH,,,,", "/text", ""},
      {",CH,,x,,", "/reference", ""},
      // What is more than a misspelt code or time stays out.
      {"1,CH,,x,Mrs Wang below,", "/category", ""},
      {"1,CH,at Mrs Wang's,x,,", "/occurred_at", ""},
  }));
  INFO(row.cells);
  std::istringstream in("reference,channel,occurred_at,text,category,status\n0,CH,,\"two\nlines\",,\n" +
                        row.cells + "\n");
  auto importer = open_import("hotline-csv", in, {});
  REQUIRE(importer);
  REQUIRE((*importer)->next()->submission);
  const auto refused = (*importer)->next();
  REQUIRE_FALSE(refused->submission);
  CHECK(refused->line == 4);
  CHECK(refused->submission.error().path == row.path);
  const std::string& text = refused->submission.error().message;
  CHECK(text.find(row.said) != std::string::npos);
  CHECK((row.said.empty() ? text.find('\'') : std::string::npos) == std::string::npos);
  CHECK(text.find("Wang") == std::string::npos);
}

TEST_CASE("import: rows of a hotline file are taken or refused by name") {
  struct Row {
    std::string text;
    std::size_t taken;
    std::string codes;
    std::map<std::string, std::int64_t> cleaned;
  };
  const std::string t = "2026-05-20T09:30:00+08:00";
  const std::vector<Row> table = {
      {kHead + "1,CH,,x\n2,CH," + t + ",y", 2, "", {{"without-date", 1}}},
      {"\xEF\xBB\xBF" + kHead + "1,CH," + t + ",x\r\n", 1, "", {{"byte-order-mark", 1}}},
      {kHead + "1,CH," + t + ",\"a\nb, \"\"c\"\"\"\n", 1, "", {}},
      {kHead + "1,CH," + t + "\n2,CH," + t + ",x\n", 1, "1:ragged-row", {}},
      {kHead + "1,CH," + t + ",x,,\n", 1, "", {{"trailing-empty-cells", 1}}},
      {kHead + "1,CH," + t + ",x,y\n", 0, "1:ragged-row", {}},
      {kHead + "1,CH," + t + ",x\n\n\n2,CH," + t + ",x\n", 2, "", {{"blank-lines", 2}}},
      {kHead + "1,CH," + t + ",x\n2,CH,2026", 1, "2:truncated", {}},
      {kHead + "1,CH," + t + ",x\n2,CH," + t + ",\"never closed\n3,CH,,z\n", 1, "2:truncated", {}},
      {kHead + ",CH," + t + ",x\n", 0, "1:missing-reference", {}},
      {kHead + "a b,CH," + t + ",x\n", 0, "1:bad-reference", {}},
      {kHead + "1.01E+11,CH," + t + ",x\n", 0, "1:bad-reference", {}},
      {kHead + "101004143000.0,CH," + t + ",x\n", 1, "", {{"number-with-decimals", 1}}},
      {kHead + "1,CH," + t + ",NULL\n", 0, "1:missing-text", {{"null-token", 1}}},
      {kHead + "1,CH,soon,x\n", 0, "1:bad-date", {}},
      {kHead + "1,,,x\n", 0, "1:bad-data", {{"without-date", 0}}},
      {kHead + "1,CH,,a\x01\x02z\n", 1, "", {{"control-characters", 2}}},
      {kHead + "1,CH,,ca\xE9\n", 0, "1:not-utf8", {}},
      {kHead + "1,CH,,\xC3\xA2\xC2\x80\xC2\x99s\n", 1, "", {{"mojibake", 1}}},
      {kHead + "1,CH,,a\"b\n", 1, "", {{"stray-quotes", 1}}},
      {kHead + "1,CH,," + std::string(9000, 'x') + "\n2,CH,," + std::string(20001, 'x') + "\n",
       1,
       "2:too-long",
       {}},
      {kHead + "1,CH,," + std::string(1100000, 'x') + "\n2,CH,,x\n", 1, "1:too-long", {}},
      {kHead + "1,CH,,\"" + std::string(1100000, '\n') + "\"\n2,CH,,x\n", 1, "", {}},
      {"reference\tchannel\toccurred_at\ttext\n1\tCH\t\ta,b\n", 1, "", {}},
      {"reference,channel,text,colour\n1,CH,x,red\n", 1, "", {{"unknown-columns", 1}}},
      {"reference,channel,text,status\n1,CH,x,done\n2,CH,x,closed\n",
       1,
       "1:bad-data",
       {{"closed-without-date", 1}}},
      {"reference,channel,text,anonymous\n1,CH,x,maybe\n2,CH,x,是\n3,CH,x,FALSE\n", 2, "1:bad-data", {}},
      {"reference,channel,text,category\n1,CH,x,噪音\n2,CH,x,NOISE\n", 1, "1:bad-data", {}},
      {"reference,channel,text,occurred_at,status,closed_at\n1,CH,x,2026-05-20,closed,2026-05-19\n",
       1,
       "",
       {{"closed-before-created", 1}, {"date-without-time", 2}}},
      {"reference,channel,text,occurred_at,status,closed_at\n1,CH,x,2026-05-20,closed,01/01/1900\n",
       1,
       "",
       {{"null-date", 1}}},
      {kHead, 0, "", {}},
  };
  for (const Row& row : table) {
    INFO(row.text.substr(0, 200));
    const Run got = run("hotline-csv", row.text);
    if (row.text.find("\n\n\n\n\n") != std::string::npos) {
      // A giant quoted cell: what follows its first 1 MiB is read as rows again; none is taken that was not
      // whole.
      CHECK(got.codes.starts_with("1:too-long"));
      CHECK(got.taken.size() <= 1);
      continue;
    }
    CHECK(got.taken.size() == row.taken);
    CHECK(got.codes == row.codes);
    for (const auto& [kind, n] : row.cleaned) {
      INFO(kind);
      const auto found = got.report.cleaned.find(kind);
      CHECK((found == got.report.cleaned.end() ? 0 : found->second) == n);
    }
  }
}

TEST_CASE("import: a file that is not of the format is refused as a whole") {
  // Of lines that end in CR alone all would be the header, and no row refused or taken.
  CHECK_FALSE(run("hotline-csv", "reference,channel,occurred_at,text\r1,CH,2026-05-20T09:30:00+08:00,x\r")
                  .failed.code.empty());
  CHECK(run("hotline-csv", "reference,channel,occurred_at,text,text\n1,CH,2026-05-20T09:30:00+08:00,x,y\n")
            .failed.code == "bad-header");
  CHECK(run("hotline-csv", "").failed.code == "empty-file");
  CHECK(run("hotline-csv", "a,b\n1,2\n").failed.code == "bad-header");
  CHECK(run("hotline-csv", "\xFF\xFEr\0e\0").failed.code == "not-utf8");
  CHECK(run("nothing", "x").failed.code == "unknown-format");
  CHECK(run("hotline-jsonl", "").failed.code.empty());
}

TEST_CASE("import: lines and arrays of JSON give rows, and broken ones are refused alone") {
  const std::string good =
      R"({"reference":"1","channel":"CH","text":"x","anonymous":true,"occurred_at":"2026-05-20 09:30:00"})";
  CHECK(run("hotline-jsonl", good + "\n{\"reference\":\n\n" + good + "\nrubbish\n[1]\n" + good).codes ==
        "2:malformed-json 4:malformed-json 5:malformed-json");
  CHECK(run("hotline-jsonl", "[" + good + ",\n 7, {\"a\":1,\"a\":2} ," + good + "]").codes ==
        "2:malformed-json 3:malformed-json");
  CHECK(run("hotline-jsonl", "[" + good + "," + good.substr(0, 40)).codes == "2:truncated");
  CHECK(run("hotline-jsonl", "[" + good).report.cleaned.at("document-truncated") == 1);
  CHECK(run("hotline-jsonl", "[{\"a\":\"" + std::string(1100000, '}') + "\"}," + good + "]").codes ==
        "1:too-long");
  const Run misspelt =
      run("hotline-jsonl", good + "\n" + R"({"reference":"2","channel":"CH","text":"x","statsu":"closed"})");
  CHECK(misspelt.taken.size() == 2);
  CHECK(misspelt.report.cleaned.at("unknown-members") == 1);
  const Run one = run("hotline-jsonl", good);
  CHECK(one.report.cleaned.count("unknown-members") == 0);
  CHECK(one.taken[0].data.flag("anonymous"));
  CHECK(format_utc(*one.taken[0].occurred_at) == "2026-05-20T01:30:00.000Z");
  const Run numbers = run(
      "open311",
      R"([{"service_request_id":101004143000,"service_name":"a","requested_datetime":1642772820,"lat":4.2,"long":-71.05870000000001,"x":1e400}])");
  REQUIRE(numbers.taken.size() == 1);
  CHECK(numbers.taken[0].reference == "101004143000");
  CHECK(*numbers.taken[0].data.find("location") == Value(Object{{"lat", 42000000}, {"long", -710587000}}));
}

TEST_CASE("import: XML rows survive a lost head or tail, comments and entities") {
  const std::string row =
      "<request><service_request_id>1</service_request_id><service_name>A &amp; "
      "B</service_name><notes><note><summary>seen</summary></note></notes></request>";
  CHECK(run("open311", "<service_requests>" + row + "<!-- " + row + " --></service_requests>").taken.size() ==
        1);
  CHECK(run("open311", "<service_requests>" + row + row.substr(0, 60)).codes == "2:truncated");
  CHECK(run("open311", "<a><request/><requests/><request><b></request>" + row).codes ==
        "1:missing-reference 2:malformed-xml");
  const std::string giant = "<request><description>" + std::string(1100000, 'x') + "</description></request>";
  CHECK(run("open311", "<a>" + giant + row).codes == "1:too-long");
  CHECK(run("open311", "<a>" + giant + row).taken.size() == 1);
  CHECK(run("open311", "<a>" + row).taken.at(0).data.text("text") == "A & B\n0/note/0/summary: seen");
}

TEST_CASE("import: the order of day and month is the file's, or the operator's") {
  const auto first = [](const std::string& rows, const ImportOptions& options = {}) {
    const Run got = run("hotline-csv", kHead + rows, options);
    return format_date(local_date(*got.taken.at(0).occurred_at, 480)) + " " + got.codes;
  };
  CHECK(first("1,CH,03/04/2022,x\n2,CH,13/04/2022,x\n") == "2022-04-03 ");
  CHECK(first("1,CH,03/04/2022,x\n2,CH,04/13/2022,x\n") == "2022-03-04 ");
  CHECK(first("1,CH,03/04/2022,x\n") == "2022-04-03 ");
  ImportOptions months;
  months.dates = DateOrder::month_first;
  CHECK(first("1,CH,03/04/2022,x\n2,CH,13/04/2022,x\n", months) == "2022-03-04 2:bad-date");
  CHECK(run("hotline-csv", kHead + "1,CH,03/04/2022,x\n").report.cleaned.at("day-and-month-order-assumed") ==
        1);
}

TEST_CASE("import: options reach every submission") {
  ImportOptions options;
  options.actor = record::Actor{BodyId("B-1"), "R", "p", ""};
  options.client = "c";
  options.channel = "over";
  options.zone_minutes = 0;
  options.clocks_from_business_time = true;
  const Run got = run("hotline-csv", kHead + "1,CH,2026-05-20 00:00:00,x\n", options);
  const Submission& one = got.taken.at(0);
  CHECK(one.actor == options.actor);
  CHECK(one.client == "c");
  CHECK(one.channel == "over");
  CHECK(one.clocks_from_business_time);
  CHECK(format_utc(*one.occurred_at) == "2026-05-20T00:00:00.000Z");
}

TEST_CASE("clean: certain damage is mended, everything else is left alone") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"\xC3\x82\xC2\xA0"
       "A",
       "A"},
      {"\xC3\x83\xC2\xA9t\xC3\x83\xC2\xA9", "\u00E9t\u00E9"},
      {"\u00E2\u20AC\u2122s", "\u2019s"},
      {"\u00E9t\u00E9", "\u00E9t\u00E9"},
      {"D\u00EBad r\u00E0t", "D\u00EBad r\u00E0t"},
      {"caf\xE9", "caf\u00E9"},
      {"\x93q\x94", "\u201Cq\u201D"},
      {"漏水“很”急……", "漏水“很”急……"},
      {"a\r\nb\rc\x85"
       "d",
       "a\nb\nc\u2026d"},
      {"a\u0085b\u2028c", "a\nb\nc"},
      {"\u00A0 x \u00A0\t", "x"},
  };
  for (const auto& [raw, clean] : table) {
    Cleaned cleaned;
    CHECK(clean_text(raw, true, cleaned) == clean);
  }
  CHECK(slug("Noise - Street/Sidewalk", 60) == "noise-street-sidewalk");
  CHECK(slug("  --", 60).empty());
  CHECK(slug("abc def", 4) == "abc");
  CHECK(slug(std::string(100, 'a'), 10).size() == 10);
  CHECK(read_degrees("40.660811976282695", 90) == 406608120);
  CHECK(read_degrees("-73.99859430999363", 180) == -739985943);
  CHECK(read_degrees("-0.00000005", 90) == -1);
  CHECK(read_degrees("90.0000001", 90) == std::nullopt);
  for (const std::string text : {"", "-", ".", ".5", "1e2", "1,5", "nan", "0x1", "1.2.3", "1234"})
    CHECK(read_degrees(text, 180) == std::nullopt);
}

TEST_CASE("import: mutated files never crash, and every row is taken or refused") {
  const std::vector<std::pair<std::string, std::string>> seeds = {
      {"hotline-csv",
       kHead + "1,CH,2026-05-20 09:30:00,\"a \"\"b\"\"\nc\"\n2,CH,03/04/2022,\xC3\x82\xC2\xA0x\n"},
      {"nyc311",
       "Unique Key,Created Date,Complaint Type,Latitude,Longitude\n1,03/01/2011 02:27:57 "
       "PM,Noise,40.66,-73.99\n2,,Noise,,\n"},
      {"hotline-jsonl",
       R"([{"reference":"1","channel":"CH","text":"x","n":{"a":[1,-2.5e3,true,null]}},{"reference":"2"}])"},
      {"open311",
       "<s><request><service_request_id>1</service_request_id><a><b>c</b></a></request><!-- x "
       "--><request/></s>"},
  };
  std::mt19937 random(20260520);
  static const std::string pieces[] = {
      "\"",       ",",         "\n",         "\r\n", "\t",   "{",  "}",    "[",
      "]",        "<request>", "</request>", "-->",  "<!--", "\\", "\xFF", std::string(1, '\0'),
      "\xE2\x80", "/",         ":",          "9"};
  for (int round = 0; round < 4000; ++round) {
    auto [format, text] = seeds[random() % seeds.size()];
    for (std::size_t n = random() % 6 + 1; n > 0; --n) {
      const std::size_t at = random() % (text.size() + 1);
      switch (random() % 4) {
        case 0:
          text.insert(at, pieces[random() % std::size(pieces)]);
          break;
        case 1:
          text.erase(at, random() % 8);
          break;
        case 2:
          text.insert(at, text.substr(random() % (text.size() + 1), random() % 60));
          break;
        default:
          if (at < text.size()) text[at] = static_cast<char>(random() % 256);
      }
    }
    INFO("round " << round);
    run(format, text);
  }
}
