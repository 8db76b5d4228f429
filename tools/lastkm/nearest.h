// What may have been meant by a word that is misspelt.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace lastkm::tool {

/// How many letters are to be put in, left out, changed, or swapped with their neighbour, to make one word of
/// the other, whether in capitals or not.
[[nodiscard]] std::size_t letters_apart(std::string_view a, std::string_view b);

/// The word nearest to this one, the first of those that are equally near; empty where none is as near as
/// `most` letters.
[[nodiscard]] std::string nearest(std::string_view word, const std::set<std::string, std::less<>>& words,
                                  std::size_t most);

}  // namespace lastkm::tool
