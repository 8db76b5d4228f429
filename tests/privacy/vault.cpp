#include "engine/privacy/vault.h"
#include "engine/privacy/sketch.h"

#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <set>
#include <thread>

#include "engine/record/canonical.h"

using namespace lastkm;
using namespace lastkm::privacy;

namespace {
namespace fs = std::filesystem;

struct Folder {
  fs::path path;
  Folder() {
    std::random_device device;
    path = fs::temp_directory_path() / ("lastkm-vault-" + std::to_string(device()));
  }
  ~Folder() { fs::remove_all(path); }
};

const Place kPlace{AggregateId("a1"), CommandId("c1"), "/text"};

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void flip(const fs::path& file, std::streamoff at) {
  std::fstream io(file, std::ios::binary | std::ios::in | std::ios::out);
  io.seekg(at);
  const char c = static_cast<char>(io.get() ^ 1);
  io.seekp(at);
  io.put(c);
}

std::string code_of(const Result<Value>& result) {
  return result ? "" : result.error().code;
}

/// Runs a claim on both vaults.
void with_each_vault(const std::function<void(Vault&)>& claim) {
  Folder folder;
  auto file = make_file_vault(folder.path.string());
  REQUIRE(file);
  claim(**file);
  claim(*make_seeded_vault(7));
}
}  // namespace

TEST_CASE("vault: what is sealed opens where it was sealed, whatever its shape") {
  const std::vector<Value> plains = {Value("1234"),
                                     Value(""),
                                     Value(std::string(20000, 'x')),
                                     Value("漏水 😀 \n\t\"quoted\""),
                                     Value(Object{{"name", "王"}, {"phone", "13800138000"}}),
                                     Value(Array{Value(1), Value(nullptr), Value(true)}),
                                     Value(42)};
  with_each_vault([&](Vault& vault) {
    for (const Value& plain : plains) {
      auto key = vault.new_key("narrative");
      REQUIRE(key);
      auto box = vault.seal(plain, *key, kPlace);
      REQUIRE(box);
      CHECK(is_sealed(*box));
      auto opened = vault.open(*box, kPlace);
      REQUIRE(opened);
      CHECK(*opened == plain);
    }
  });
}

TEST_CASE("vault: a box moved to another case, command, field or key does not open") {
  with_each_vault([](Vault& vault) {
    auto key = vault.new_key("reporter");
    auto other = vault.new_key("reporter");
    auto box = vault.seal(Value("secret"), *key, kPlace);
    REQUIRE(box);
    for (const Place& elsewhere : {Place{AggregateId("a2"), CommandId("c1"), "/text"},
                                   Place{AggregateId("a1"), CommandId("c2"), "/text"},
                                   Place{AggregateId("a1"), CommandId("c1"), "/note"},
                                   Place{AggregateId("a1c"), CommandId("1"), "/text"}}) {
      CHECK(code_of(vault.open(*box, elsewhere)) == "sealed-damaged");
    }
    Value moved = *box;
    moved.if_object()->set("key", *other);
    CHECK(code_of(vault.open(moved, kPlace)) == "sealed-damaged");
  });
}

TEST_CASE("vault: any changed character of a box is found") {
  with_each_vault([](Vault& vault) {
    auto key = vault.new_key("narrative");
    auto box = vault.seal(Value("secret"), *key, kPlace);
    REQUIRE(box);
    for (const std::string name : {"sealed", "commit", "key"}) {
      const std::string text(box->text(name));
      for (std::size_t i = 0; i < text.size(); ++i) {
        Value changed = *box;
        std::string other = text;
        other[i] = other[i] == 'b' ? 'c' : 'b';
        changed.if_object()->set(name, other);
        CHECK_FALSE(vault.open(changed, kPlace));
      }
      for (const std::string& cut :
           {std::string(), text.substr(1), text.substr(0, text.size() - 1), text + "A"}) {
        Value changed = *box;
        changed.if_object()->set(name, cut);
        CHECK_FALSE(vault.open(changed, kPlace));
      }
    }
  });
}

TEST_CASE("vault: an erased key opens nothing and seals nothing; the others go on") {
  with_each_vault([](Vault& vault) {
    auto gone = vault.new_key("reporter");
    auto kept = vault.new_key("narrative");
    auto box = vault.seal(Value("secret"), *gone, kPlace);
    auto other = vault.seal(Value("kept"), *kept, kPlace);
    CHECK(vault.erase(*gone));
    CHECK(vault.erase(*gone));
    CHECK(code_of(vault.open(*box, kPlace)) == "erased");
    CHECK(code_of(vault.seal(Value("more"), *gone, kPlace)) == "erased");
    CHECK(vault.open(*other, kPlace));
  });
}

TEST_CASE("vault: keys that it never made are refused") {
  with_each_vault([](Vault& vault) {
    auto key = vault.new_key("reporter");
    for (const std::string& id :
         {std::string(), std::string("k"), std::string("k-"), std::string("k0"), "x" + *key, *key + "0",
          std::string("k0-0000000000000000"), std::string("k999999-0000000000000000"),
          std::string("k99999999999999999999999-0000000000000000"), "k0" + key->substr(1)}) {
      CHECK(code_of(vault.seal(Value(1), id, kPlace)) == "no-such-key");
      Status erased = vault.erase(id);
      REQUIRE_FALSE(erased);
      CHECK(erased.error().code == "no-such-key");
    }
  });
}

TEST_CASE("vault: lengths are hidden in steps of 64 bytes") {
  with_each_vault([](Vault& vault) {
    auto key = vault.new_key("narrative");
    const auto size = [&](std::size_t n) {
      return vault.seal(Value(std::string(n, 'a')), *key, kPlace)->text("sealed").size();
    };
    CHECK(size(1) == size(61));
    CHECK(size(61) < size(62));
    CHECK(size(62) == size(125));
  });
}

TEST_CASE("vault: ids follow from the vault's key, and parts cannot be shifted between fields") {
  with_each_vault([](Vault& vault) {
    CHECK(vault.aggregate_of("a", "bc") == vault.aggregate_of("a", "bc"));
    std::set<std::string> ids = {vault.aggregate_of("a", "bc").value,
                                 vault.aggregate_of("ab", "c").value,
                                 vault.aggregate_of_key("a", "bc").value,
                                 vault.command_of("a", "bc", AggregateId("d")).value,
                                 vault.command_of("a", "b", AggregateId("cd")).value,
                                 vault.fingerprint("abc").substr(0, 32),
                                 vault.random_command().value,
                                 vault.random_command().value,
                                 vault.random_aggregate().value};
    CHECK(ids.size() == 9);
    for (const std::string& id : ids) {
      CHECK(id.size() == 32);
      CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
    }
  });
}

TEST_CASE("seeded vault: the same seed gives the same ids, keys and boxes; another seed opens none of them") {
  auto a = make_seeded_vault(1);
  auto b = make_seeded_vault(1);
  auto c = make_seeded_vault(2);
  CHECK(a->id() == b->id());
  CHECK(a->id() != c->id());
  CHECK(a->random_command() == b->random_command());
  CHECK(a->random_aggregate() == b->random_aggregate());
  auto key = a->new_key("reporter");
  CHECK(*key == *b->new_key("narrative"));
  auto box = a->seal(Value("secret"), *key, kPlace);
  CHECK(*box == *b->seal(Value("secret"), *key, kPlace));
  CHECK(b->open(*box, kPlace));
  CHECK_FALSE(c->open(*box, kPlace));
}

TEST_CASE("file vault: keys, ids and erasures survive a restart") {
  Folder folder;
  std::vector<std::pair<Value, int>> boxes;
  std::string id, fingerprint, erased;
  {
    auto vault = make_file_vault(folder.path.string());
    REQUIRE(vault);
    id = (*vault)->id();
    fingerprint = (*vault)->fingerprint("x");
    for (int i = 0; i < 600; ++i) {
      auto key = (*vault)->new_key("narrative");
      REQUIRE(key);
      boxes.emplace_back((*vault)->seal(Value(i), *key, kPlace).value(), i);
      if (i == 300) erased = *key;
    }
    CHECK((*vault)->erase(erased));
  }
  auto vault = open_file_vault(folder.path.string());
  REQUIRE(vault);
  CHECK((*vault)->id() == id);
  CHECK((*vault)->fingerprint("x") == fingerprint);
  std::set<std::string> keys;
  for (const auto& [box, i] : boxes) {
    keys.insert(std::string(box.text("key")));
    auto opened = (*vault)->open(box, kPlace);
    if (i == 300) {
      CHECK(code_of(opened) == "erased");
    } else {
      REQUIRE(opened);
      CHECK(*opened == Value(i));
    }
  }
  CHECK(keys.size() == boxes.size());
  for (int i = 0; i < 600; ++i) CHECK(keys.insert((*vault)->new_key("reporter").value()).second);
}

TEST_CASE("file vault: nothing of a destroyed key stays in its slot") {
  Folder folder;
  auto vault = make_file_vault(folder.path.string());
  const std::string key = (*vault)->new_key("reporter").value();
  const std::string before = bytes_of(folder.path / "keys").substr(128, 128);
  CHECK((*vault)->erase(key));
  const std::string after = bytes_of(folder.path / "keys").substr(128, 128);
  CHECK(before.substr(16, 72).find_first_not_of('\0') != std::string::npos);
  CHECK(after.substr(16, 96).find_first_not_of('\0') == std::string::npos);
}

TEST_CASE("file vault: only its owner may read the keys, and they are nowhere in plain beside master.key") {
  Folder folder;
  auto vault = make_file_vault(folder.path.string());
  REQUIRE((*vault)->new_key("reporter"));
  for (const char* name : {"master.key", "id.key", "keys"}) {
    struct stat about {};
    REQUIRE(::stat((folder.path / name).c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
  }
}

TEST_CASE("file vault: a missing, foreign or changed vault is refused by name") {
  Folder one, two;
  CHECK(open_file_vault(one.path.string()).error().code == "vault-missing");
  REQUIRE(make_file_vault(one.path.string()));
  REQUIRE(make_file_vault(two.path.string()));
  CHECK(make_file_vault(one.path.string()).error().code == "vault-exists");

  for (const char* name : {"master.key", "id.key", "keys"}) {
    const std::string own = bytes_of(one.path / name);
    fs::copy_file(two.path / name, one.path / name, fs::copy_options::overwrite_existing);
    CHECK(open_file_vault(one.path.string()).error().code == "vault-damaged");
    fs::remove(one.path / name);
    CHECK(open_file_vault(one.path.string()).error().code == "vault-damaged");
    std::ofstream(one.path / name, std::ios::binary) << own.substr(0, own.size() / 2);
    CHECK(open_file_vault(one.path.string()).error().code == "vault-damaged");
    std::ofstream(one.path / name, std::ios::binary) << own;
    CHECK(open_file_vault(one.path.string()));
  }
}

TEST_CASE("file vault: a flipped byte in a slot is found, and such a key can still be erased") {
  for (std::streamoff at = 0; at < 128; at += 7) {
    Folder folder;
    auto vault = make_file_vault(folder.path.string());
    const std::string key = (*vault)->new_key("reporter").value();
    auto box = (*vault)->seal(Value("secret"), key, kPlace);
    flip(folder.path / "keys", 128 + at);
    CHECK(code_of((*vault)->open(*box, kPlace)) == "vault-damaged");
    CHECK((*vault)->erase(key));
    CHECK(code_of((*vault)->open(*box, kPlace)) == "erased");
  }
}

TEST_CASE("file vault: a torn end of the key file does no harm, lost slots are refused") {
  Folder folder;
  Value box;
  {
    auto vault = make_file_vault(folder.path.string());
    box = (*vault)->seal(Value("secret"), (*vault)->new_key("reporter").value(), kPlace).value();
  }
  std::ofstream(folder.path / "keys", std::ios::binary | std::ios::app) << std::string(77, '\x5a');
  auto vault = open_file_vault(folder.path.string());
  REQUIRE(vault);
  auto key = (*vault)->new_key("reporter");
  REQUIRE(key);
  CHECK((*vault)->open(*(*vault)->seal(Value("new"), *key, kPlace), kPlace));
  CHECK((*vault)->open(box, kPlace));
  fs::resize_file(folder.path / "keys", 128);
  CHECK_FALSE((*vault)->open(box, kPlace));
}

TEST_CASE("file vault: many threads and a second opener get different keys") {
  Folder folder;
  auto one = make_file_vault(folder.path.string());
  auto two = open_file_vault(folder.path.string());
  REQUIRE(two);
  std::vector<std::vector<std::string>> keys(4);
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < keys.size(); ++t) {
      threads.emplace_back([&, t] {
        Vault& vault = t % 2 == 0 ? **one : **two;
        for (int i = 0; i < 300; ++i) {
          auto key = vault.new_key("reporter");
          auto box = vault.seal(Value(i), *key, kPlace);
          auto opened = (t % 2 == 0 ? **two : **one).open(*box, kPlace);
          if (!opened || *opened != Value(i)) ++wrong;
          if (i % 10 == 0 && !vault.erase(*key)) ++wrong;
          keys[t].push_back(*key);
        }
      });
    }
  }
  CHECK(wrong == 0);
  std::set<std::string> all;
  for (const auto& of_one : keys) all.insert(of_one.begin(), of_one.end());
  CHECK(all.size() == 1200);
}

TEST_CASE("vault: a million keys are made and found without being read at opening", "[.slow]") {
  Folder folder;
  std::string last;
  {
    auto vault = make_file_vault(folder.path.string());
    for (int i = 0; i < 1000000; ++i) last = (*vault)->new_key("narrative").value();
  }
  const auto before = std::chrono::steady_clock::now();
  auto vault = open_file_vault(folder.path.string());
  REQUIRE(vault);
  CHECK((*vault)->seal(Value(1), last, kPlace));
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::milliseconds(100));
}

TEST_CASE("sketch: texts that are alike agree in most parts, others in none, and another key in none") {
  const auto same = [](const std::string& a, const std::string& b) {
    REQUIRE(a.size() == privacy::kSketchParts * privacy::kSketchDigits);
    REQUIRE(b.size() == a.size());
    std::size_t agree = 0;
    for (std::size_t i = 0; i < a.size(); i += privacy::kSketchDigits)
      agree += a.substr(i, privacy::kSketchDigits) == b.substr(i, privacy::kSketchDigits) ? 1U : 0U;
    return agree;
  };
  const std::string secret(64, 'a');
  const std::string one = privacy::sketch_of("小区东门水管爆裂,整栋楼停水,请尽快派人抢修", secret);
  CHECK(one == privacy::sketch_of("小区东门水管爆裂, 整栋楼停水, 请尽快派人抢修", secret));
  CHECK(same(one, privacy::sketch_of("小区东门水管爆裂,整栋楼停水,请赶快派人抢修", secret)) >=
        privacy::kSketchParts / 2);
  CHECK(same(one, privacy::sketch_of("楼上住户夜间装修,噪声扰民,无法休息", secret)) <= 1);
  CHECK(same(one, privacy::sketch_of("小区东门水管爆裂,整栋楼停水,请尽快派人抢修", std::string(64, 'b'))) <=
        1);
  CHECK(same(privacy::sketch_of("Water main burst at the EAST gate", secret),
             privacy::sketch_of("water main burst at the east gate!", secret)) == privacy::kSketchParts);
  CHECK(privacy::sketch_of(" .,!\n", secret).empty());
  CHECK_FALSE(privacy::sketch_of("水", secret).empty());
}
