#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/store/store.h"
#include "tests/scratch_folder.h"

namespace fs = std::filesystem;
using namespace lastkm;
using store::Batch;
using store::Store;

namespace {

struct Folder : ScratchFolder {
  [[nodiscard]] std::string store() const { return path / "deep" / "store"; }
};

std::unique_ptr<Store> open(const store::RocksStoreOptions& options) {
  auto opened = store::open_rocks_store(options);
  INFO((opened ? "" : opened.error().message));
  REQUIRE(opened);
  return std::move(*opened);
}

void put(Store& store, std::string_view family, std::string_view key, std::string_view value) {
  Batch batch;
  batch.put(family, key, value);
  REQUIRE(store.write(batch));
}

std::optional<std::string> get(Store& store, std::string_view family, std::string_view key) {
  auto got = store.get(family, key);
  REQUIRE(got);
  return *got;
}

std::vector<std::pair<std::string, std::string>> all(Store& store, std::string_view family,
                                                     std::string_view from = "") {
  std::vector<std::pair<std::string, std::string>> rows;
  REQUIRE(store.scan(family, from, [&](std::string_view key, std::string_view value) {
    rows.emplace_back(key, value);
    return true;
  }));
  const auto snapshot = store.snapshot();
  const auto cursor = snapshot->cursor(family, from);
  REQUIRE(cursor);
  for (const auto& row : rows) {
    REQUIRE((*cursor)->valid());
    CHECK(row == std::pair(std::string((*cursor)->key()), std::string((*cursor)->value())));
    (*cursor)->next();
  }
  CHECK_FALSE((*cursor)->valid());
  CHECK((*cursor)->status());
  return rows;
}

fs::path biggest(const fs::path& folder, std::string_view extension) {
  fs::path found;
  std::uintmax_t size = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != extension || entry.file_size() <= size) continue;
    found = entry.path();
    size = entry.file_size();
  }
  return found;
}

}  // namespace

TEST_CASE("store: both kinds keep one contract") {
  const Folder folder;
  const bool rocks = GENERATE(true, false);
  CAPTURE(rocks);
  const auto store =
      rocks ? open({.folder = folder.store(), .families = {"a", "b"}}) : store::make_memory_store();

  SECTION("what is written can be read, in its own family only") {
    put(*store, "a", "k", "v");
    CHECK(get(*store, "a", "k") == "v");
    CHECK_FALSE(get(*store, "b", "k"));
    CHECK_FALSE(get(*store, "a", "other"));
    put(*store, "a", "k", "");
    CHECK(get(*store, "a", "k") == "");
  }
  SECTION("the later change of one batch wins") {
    Batch batch;
    batch.put("a", "k", "1");
    batch.erase("a", "k");
    batch.put("b", "k", "1");
    batch.put("b", "k", "2");
    REQUIRE(store->write(batch));
    CHECK_FALSE(get(*store, "a", "k"));
    CHECK(get(*store, "b", "k") == "2");
  }
  SECTION("keys and values are bytes, and keys sort as unsigned bytes") {
    const std::string zero("\0x", 2);
    const std::string high("\xff\xff");
    put(*store, "a", high, "3");
    put(*store, "a", "m", std::string("\0\xff", 2));
    put(*store, "a", zero, "1");
    const auto rows = all(*store, "a");
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].first == zero);
    CHECK(rows[1].second == std::string("\0\xff", 2));
    CHECK(rows[2].first == high);
  }
  SECTION("many rows read at once are those read one by one") {
    put(*store, "a", "k", "1");
    put(*store, "a", "", "nothing");
    put(*store, "b", "other", "2");
    const std::vector<std::string> keys{"z", "k", "other", "", "k"};
    const auto rows = store->get_many("a", keys);
    REQUIRE(rows);
    REQUIRE(rows->size() == keys.size());
    const auto snapshot = store->snapshot();
    put(*store, "a", "k", "later");
    const auto then = snapshot->get_many("a", keys);
    REQUIRE(then);
    CHECK(*then == *rows);
    put(*store, "a", "k", "1");
    for (std::size_t i = 0; i < keys.size(); ++i) CHECK((*rows)[i] == get(*store, "a", keys[i]));
    CHECK(store->get_many("a", {})->empty());
  }
  SECTION("a scan begins at its key and ends when it is told to") {
    for (const char* key : {"1", "2", "3", "4"}) put(*store, "a", key, key);
    CHECK(all(*store, "a", "2x").size() == 2);
    CHECK(all(*store, "a", "5").empty());
    int seen = 0;
    REQUIRE(store->scan("a", "", [&](std::string_view, std::string_view) { return ++seen < 2; }));
    CHECK(seen == 2);
  }
  SECTION("a scan sees the rows as they were when it began, and may write") {
    for (const char* key : {"1", "2", "3"}) put(*store, "a", key, "old");
    std::vector<std::string> seen;
    REQUIRE(store->scan("a", "", [&](std::string_view key, std::string_view value) {
      seen.push_back(std::string(key) + std::string(value));
      Batch batch;
      batch.put("a", "2", "new");
      batch.put("a", "9", "new");
      batch.erase("a", "3");
      REQUIRE(store->write(batch));
      return true;
    }));
    CHECK(seen == std::vector<std::string>{"1old", "2old", "3old"});
    CHECK(get(*store, "a", "2") == "new");
    CHECK_FALSE(get(*store, "a", "3"));
  }
  SECTION("clear removes all of some families and nothing of another") {
    for (const char* key : {"", "1", "\xff\xff"}) put(*store, "a", key, "x");
    put(*store, "b", "1", "x");
    REQUIRE(store->clear({"a"}));
    CHECK(all(*store, "a").empty());
    CHECK(all(*store, "b").size() == 1);
    put(*store, "a", "1", "again");
    CHECK(get(*store, "a", "1") == "again");
    REQUIRE(store->clear({"b", "a"}));
    for (const char* family : {"a", "b"}) CHECK(all(*store, family).empty());
    put(*store, "a", "2", "and again");
    REQUIRE(store->clear({"b", "a"}));
    CHECK(all(*store, "a").empty());
    REQUIRE(store->clear({}));
  }
  SECTION("an empty batch and a sync are fine") {
    CHECK(store->write(Batch()));
    CHECK(store->sync());
  }
  SECTION("readers meet a batch whole or not at all") {
    std::atomic<bool> over{false};
    std::atomic<int> torn{0};
    std::thread reader([&] {
      while (!over) {
        std::vector<std::string> values;
        const auto scanned = store->scan("a", "", [&](std::string_view, std::string_view value) {
          values.emplace_back(value);
          return true;
        });
        if (!scanned || (values.size() == 2 && values[0] != values[1]) || values.size() == 1) ++torn;
      }
    });
    for (int i = 0; i < 300; ++i) {
      Batch batch;
      batch.put("a", "1", std::to_string(i));
      batch.put("a", "2", std::to_string(i));
      if (!store->write(batch)) ++torn;
    }
    over = true;
    reader.join();
    CHECK(torn == 0);
  }
}

TEST_CASE("store: what was written is there after opening again, with families that nobody asks for") {
  const Folder folder;
  {
    const auto store = open({.folder = folder.store(), .families = {"a", "b"}});
    put(*store, "a", "k", "v");
    put(*store, "b", "k", "w");
  }
  {
    const auto store = open({.folder = folder.store(), .families = {"a", "c"}});
    CHECK(get(*store, "a", "k") == "v");
    CHECK(get(*store, "b", "k") == "w");
    CHECK_FALSE(get(*store, "c", "k"));
    const auto unknown = store->get("nobody", "k");
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == "unknown-family");
  }
}

TEST_CASE("store: a second opener is told that the folder is in use") {
  const Folder folder;
  const auto store = open({.folder = folder.store(), .families = {"a"}});
  const auto second = store::open_rocks_store({.folder = folder.store(), .families = {"a"}});
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::folder_in_use);
  CHECK(second.error().message.find(folder.store()) != std::string::npos);
}

TEST_CASE("store: read-only opens beside a writer, sees what was written and refuses to write") {
  const Folder folder;
  const auto missing =
      store::open_rocks_store({.folder = folder.store(), .families = {"a"}, .read_only = true});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::not_found);
  CHECK_FALSE(fs::exists(folder.store()));

  const auto writer = open({.folder = folder.store(), .families = {"a"}});
  put(*writer, "a", "k", "v");
  const auto reader = open({.folder = folder.store(), .families = {"a", "new"}, .read_only = true});
  CHECK(get(*reader, "a", "k") == "v");
  CHECK_FALSE(get(*reader, "new", "k"));
  CHECK(all(*reader, "new").empty());
  Batch batch;
  batch.put("a", "k", "other");
  for (const Status& refused : {reader->write(batch), reader->clear({"a"})}) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "read-only");
  }
  CHECK(reader->sync());
}

TEST_CASE("store: damage is an error and never an early end") {
  const Folder folder;
  constexpr int kRows = 20000;
  {
    const auto store = open({.folder = folder.store(), .families = {"a"}});
    Batch batch;
    for (int i = 0; i < kRows; ++i)
      batch.put("a", "key" + std::to_string(100000 + i), std::string(80, 'x') + std::to_string(i));
    REQUIRE(store->write(batch));
  }
  { const auto flushed_by_recovery = open({.folder = folder.store(), .families = {"a"}}); }
  const fs::path file = biggest(folder.store(), ".sst");
  REQUIRE_FALSE(file.empty());

  SECTION("a flipped byte") {
    flip_byte(file, fs::file_size(file) / 2);
    const auto store = open({.folder = folder.store(), .families = {"a"}});
    int seen = 0;
    const Status scanned = store->scan("a", "", [&](std::string_view, std::string_view) {
      ++seen;
      return true;
    });
    CHECK(seen < kRows);
    REQUIRE_FALSE(scanned);
    CHECK(scanned.error().kind == ErrorKind::integrity);
    CHECK(scanned.error().message.find(file.filename()) != std::string::npos);
    const auto snapshot = store->snapshot();
    const auto cursor = snapshot->cursor("a", "");
    REQUIRE(cursor);
    for (seen = 0; (*cursor)->valid(); (*cursor)->next()) ++seen;
    CHECK(seen < kRows);
    REQUIRE_FALSE((*cursor)->status());
    CHECK((*cursor)->status().error().code == "store-corrupt");
  }
  SECTION("a missing table") {
    fs::remove(file);
    const auto store = store::open_rocks_store({.folder = folder.store(), .families = {"a"}});
    REQUIRE_FALSE(store);
    CHECK(store.error().kind == ErrorKind::integrity);
    CHECK(store.error().code == "store-corrupt");
  }
  SECTION("a missing manifest") {
    for (const auto& entry : fs::directory_iterator(folder.store())) {
      if (entry.path().filename().string().starts_with("MANIFEST")) fs::remove(entry.path());
    }
    const auto store = store::open_rocks_store({.folder = folder.store(), .families = {"a"}});
    REQUIRE_FALSE(store);
    CHECK(store.error().kind == ErrorKind::integrity);
  }
}

TEST_CASE(
    "store: damage that is met where files are merged fails the writes, and is told by the next opening") {
  const Folder folder;
  std::atomic<int> told = 0;
  store::RocksStoreOptions options{.folder = folder.store(), .families = {"a"}};
  options.memory = {.cache_bytes = 1U << 20U, .write_buffer_bytes = 128U << 10U};
  options.on_failure = [&told](const Error& failure) {
    CHECK(failure.kind == ErrorKind::integrity);
    ++told;
  };
  {
    const auto store = open(options);
    int row = 0;
    const auto write = [&] {
      Batch batch;
      for (int i = 0; i < 100; ++i)
        batch.put("a", "key" + std::to_string(row++ * 7919 % 100003), std::string(200, 'x'));
      return store->write(batch);
    };
    while (biggest(folder.store(), ".sst").empty()) REQUIRE(write());
    const fs::path file = biggest(folder.store(), ".sst");
    flip_byte(file, fs::file_size(file) / 2);
    Status written = done();
    for (int i = 0; i < 2000 && written; ++i) written = write();
    REQUIRE_FALSE(written);
    CHECK(written.error().kind == ErrorKind::integrity);
    CHECK(told > 0);
    CHECK_FALSE(write());
  }
  const auto again = store::open_rocks_store(options);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == "store-corrupt");
  std::optional<Error> set_aside;
  REQUIRE(store::open_rocks_cache(options, set_aside));
  REQUIRE(set_aside);
  CHECK(set_aside->message == again.error().message);
}

TEST_CASE("store: what is written once lies apart, through clearing, loading and opening again") {
  const Folder folder;
  const store::RocksStoreOptions options{
      .folder = folder.store(), .families = {"a", "once"}, .written_once = {"once"}};
  const auto row_of = [](int i) { return std::to_string(i) + std::string(600, 'x'); };
  const auto key_of = [](int i) { return "key" + std::to_string(100000 + i); };
  constexpr int kRows = 3000;
  {
    const auto store = open(options);
    put(*store, "once", "gone", row_of(0));
    REQUIRE(store->clear({"once"}));
    auto load = store->begin_load();
    REQUIRE(load);
    const auto later = (*load)->file("once");
    const auto earlier = (*load)->file("once");
    REQUIRE(((*load)->file("a") && later && earlier));
    for (int i = 0; i < kRows / 4; ++i) REQUIRE((*earlier)->add(key_of(i), row_of(i)));
    for (int i = kRows / 4; i < kRows / 2; ++i) REQUIRE((*later)->add(key_of(i), row_of(i)));
    const Status back = (*later)->add(key_of(0), row_of(0));
    REQUIRE_FALSE(back);
    CHECK(back.error().code == "load-order");
    REQUIRE((*load)->commit());
    Batch batch;
    for (int i = kRows / 2; i < kRows; ++i) batch.put("once", key_of(i), row_of(i));
    batch.put("a", "k", row_of(1));
    REQUIRE(store->write(batch));
  }
  { const auto flushed_by_recovery = open(options); }
  const fs::path blobs = biggest(folder.store(), ".blob");
  REQUIRE_FALSE(blobs.empty());
  {
    const auto store = open(options);
    const auto rows = all(*store, "once");
    REQUIRE(rows.size() == kRows);
    for (int i = 0; i < kRows; ++i)
      CHECK(rows[static_cast<std::size_t>(i)] == std::pair(key_of(i), row_of(i)));
    CHECK(get(*store, "once", key_of(kRows - 1)) == row_of(kRows - 1));
    CHECK(get(*store, "a", "k") == row_of(1));
  }
  flip_byte(blobs, fs::file_size(blobs) / 2);
  const auto store = open(options);
  const Status scanned = store->scan("once", "", [](auto, auto) { return true; });
  REQUIRE_FALSE(scanned);
  CHECK(scanned.error().code == "store-corrupt");
  CHECK(get(*store, "a", "k") == row_of(1));
}
