#include <catch2/catch.hpp>

#include "engine/base/value.h"

using namespace lastkm;

TEST_CASE("value: a member may be named by a text of the same object") {
  Object object;
  object.set("a", "zz");
  for (const char* name : {"b", "c", "d", "e", "f", "g", "h"}) object.set(name, 1);
  // The ninth needs more room, so those before it move.
  object.set(*object.find("a")->if_string(), 2);
  REQUIRE(object.find("zz") != nullptr);
  CHECK(*object.find("zz") == Value(2));
}

TEST_CASE("value: members stand in order, each once, however they came") {
  Object object;
  for (const char* name : {"m", "z", "a", "m", "n", "b", "z"}) object.set(name, name);
  CHECK_FALSE(object.add("a", 0));
  CHECK(object.add("c", "c"));
  std::string names;
  for (const Member& member : object) names += member.name;
  CHECK(names == "abcmnz");
  for (const Member& member : object) CHECK(member.value == Value(member.name));
}
