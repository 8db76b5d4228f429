#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

void add_verbs(Program& program) {
  add_init(program);
  add_directory(program);
  add_decider(program);
  add_submit(program);
  add_import(program);
  add_case(program);
  add_worklist(program);
  add_rates(program);
  add_hot(program);
  add_rules(program);
  add_scenario(program);
  add_demo(program);
  add_serve(program);
  add_view(program);
  add_log(program);
  add_audit(program);
  add_quarantine(program);
  add_doctor(program);
  add_bench(program);
  add_config(program);
  add_completion(program);
}

}  // namespace lastkm::tool
