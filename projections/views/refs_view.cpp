// Row: reference number → id of the case.
#include "engine/record/digest.h"
#include "projections/views/views.h"

namespace lastkm::projections {

namespace {
class RefsView final : public View {
 public:
  [[nodiscard]] std::string_view name() const override { return "refs"; }
  [[nodiscard]] std::int32_t layout() const override { return 1; }
  [[nodiscard]] std::unique_ptr<View> fresh() const override { return std::make_unique<RefsView>(); }
  [[nodiscard]] Status apply(const record::Decision& decision, const record::Event& event,
                             Rows& rows) override {
    const std::string_view ref = event.data.text("ref");
    if (event.type == "CaseRegistered" && !ref.empty())
      rows.append(std::string(ref), decision.aggregate.value);
    return done();
  }
};
}  // namespace

std::unique_ptr<View> make_refs_view() {
  return std::make_unique<RefsView>();
}

}  // namespace lastkm::projections
