// A keyed sketch of a text: two texts that are alike have sketches that agree in many of their parts, and who
// lacks the key can neither make one nor learn a word from it. Made at intake, while the text is still in the
// clear; it stands in the text's sealed box and outlives its key. Used to propose duplicates (domain 1.9),
// never to decide.
#pragma once

#include <string>
#include <string_view>

namespace lastkm::privacy {

inline constexpr std::size_t kSketchParts = 16;
inline constexpr std::size_t kSketchDigits = 4;  ///< of a part, hexadecimal

/// A MinHash over pairs of Chinese characters and runs of four others; white space and ASCII punctuation do
/// not count, nor does case. Empty where nothing is left. `secret` is any text of the vault's own.
[[nodiscard]] std::string sketch_of(std::string_view text, std::string_view secret);

}  // namespace lastkm::privacy
