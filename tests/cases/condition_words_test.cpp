#include "projections/explain/condition_words.h"

#include <catch2/catch.hpp>

#include "engine/rules/vocabulary.h"
#include "tests/cases/world.h"

namespace lastkm::cases {

namespace {

struct Row {
  const char* condition;
  const char* en;
  const char* zh;
};

constexpr Row kRows[] = {
    {"case.returns < 2", "requests for return below 2", "退单申请次数小于2"},
    {"!(case.returns < 2)", "requests for return at least 2", "退单申请次数不小于2"},
    {"actor.body == case.lead", "the body that asks is the lead", "申请单位为主办单位"},
    {"actor.kind in ['HOTLINE', 'STREET']", "the kind of body that asks is HOTLINE or STREET",
     "申请单位的类别为HOTLINE或STREET"},
    {"!(actor.body in case.returned_by)", "the body that asks is not among bodies that asked to return it",
     "申请单位不在曾申请退单的单位之列"},
    {"case.lead != ''", "there is a value for the lead", "有主办单位"},
    {"case.ruled || !case.anonymous", "ruled by the panel: yes, or anonymous: no",
     "已经裁定为是，或匿名为否"},
    {"!(case.ruled && case.returns > 1)", "ruled by the panel: no, or requests for return at most 1",
     "已经裁定为否，或退单申请次数不大于1"},
    {"case.ruled && (case.anonymous || case.level == 2)",
     "ruled by the panel: yes, and (anonymous: yes, or the level is 2)",
     "已经裁定为是，且（匿名为是，或办理层级为2）"},
    {"has(cmd.lead) && kind_of(cmd.lead) == 'PSC'", "“lead” is given, and the kind of lead as given is PSC",
     "已填“lead”，且所填“lead”的类别为PSC"},
    {"future(cmd.day)", "day as given lies ahead", "所填“day”在将来"},
    {"days_until(cmd.day) <= 90", "the days until day as given at most 90", "距所填“day”的天数不大于90"},
    {"size(case.merged) == 0", "the number of cases merged into it is 0", "并入本案的案件的数目为0"},
    {"clock.handle.state == 'running'", "the state of the clock “h” is running", "“h”时限的状态为running"},
    {"!clock.handle.overdue", "the clock “h” is overdue: no", "“h”时限已超期且未了结为否"},
    {"kind_of(cmd.lead) in list(case.type, case.urgency)",
     "the kind of lead as given is among the type and the urgency",
     "所填“lead”的类别在诉求类型和紧急程度之列"},
    {"case.level == 0 ? case.ruled : case.anonymous",
     "ruled by the panel: yes where the level is 0, otherwise anonymous: yes",
     "若办理层级为0则已经裁定为是，否则匿名为是"},
    {"max(2, case.level) + 1 > 3", "(the larger of 2 and the level) + 1 above 3",
     "(2与办理层级中较大者) + 1大于3"},
    {"(case.level + 1) * 2 > 5", "(the level + 1) × 2 above 5", "(办理层级 + 1) × 2大于5"},
    {"case.level + 1 * 2 > 5", "the level + (1 × 2) above 5", "办理层级 + (1 × 2)大于5"},
    {"10 - (case.level - 1) > 5", "10 - (the level - 1) above 5", "10 - (办理层级 - 1)大于5"},
    {"case.place.startsWith('51')", "the place begins with 51", "地点以51开头"},
    {"!under(case.place, actor.place)", "the place does not lie within the place of the body that asks",
     "地点不在申请单位的辖区之内"},
};

}  // namespace

TEST_CASE("condition words: a rule's condition is said as a caseworker would say it, in both languages") {
  const auto context = world();
  const rules::Workflow* workflow = context->find_workflow("mini", 1);
  REQUIRE(workflow != nullptr);
  std::vector<rules::Field> fields(2);
  fields[0].name = "lead";
  fields[0].kind = rules::FieldKind::body;
  fields[0].required = false;
  fields[1].name = "day";
  fields[1].kind = rules::FieldKind::date;
  const explain::Names english(explain::Language::english, 480, *context, workflow, nullptr);
  const explain::Names chinese(explain::Language::chinese, 480, *context, workflow, nullptr);
  for (const Row& row : kRows) {
    INFO(row.condition);
    const auto program = rules::compile(row.condition, rules::vocabulary_for(*workflow, &fields));
    REQUIRE(program);
    CHECK(explain::in_words(english, *program) == row.en);
    CHECK(explain::in_words(chinese, *program) == row.zh);
  }
  CHECK(explain::in_words(english, rules::Program()).empty());
}

}  // namespace lastkm::cases
