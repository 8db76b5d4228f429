// Any bytes as a document: the reader of JSON answers with a value or with a place, the reader of workflows
// with a workflow or with what is wrong, and what it takes can be proven or refuted, drawn and compared.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/json/read.h"
#include "engine/rules/check.h"
#include "engine/rules/diff.h"
#include "engine/rules/draw.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lastkm;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto text = json::read(bytes, "f");
  if (!text) {
    if (text.error().code.empty() || !text.error().path.starts_with("f:")) std::abort();
    return 0;
  }
  const rules::Reading reading = rules::read_workflow(text->root, "");
  if (reading.workflow.has_value() != reading.findings.empty()) std::abort();
  for (const rules::Finding& finding : reading.findings) {
    if (finding.code.empty() || finding.text.empty() || !text->where("f", finding.pointer).starts_with("f:"))
      std::abort();
  }
  if (!reading.workflow) return 0;
  for (const rules::Finding& finding : rules::prove(*reading.workflow)) {
    if (finding.text.empty()) std::abort();
  }
  if (rules::draw_mermaid(*reading.workflow).empty() || rules::draw_dot(*reading.workflow).empty())
    std::abort();
  if (!rules::diff(*reading.workflow, *reading.workflow).empty()) std::abort();
  return 0;
}
