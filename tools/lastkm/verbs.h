// The verbs; each file says at its top which it holds.
#pragma once

namespace lastkm::tool {

class Program;

void add_init(Program& program);
void add_directory(Program& program);
void add_decider(Program& program);
void add_submit(Program& program);
void add_import(Program& program);
void add_case(Program& program);
void add_worklist(Program& program);
void add_rates(Program& program);
void add_hot(Program& program);
void add_rules(Program& program);
void add_view(Program& program);
void add_log(Program& program);
void add_quarantine(Program& program);
void add_audit(Program& program);
void add_scenario(Program& program);
void add_demo(Program& program);
void add_serve(Program& program);
void add_bench(Program& program);
void add_doctor(Program& program);
void add_config(Program& program);
void add_completion(Program& program);

/// All of them, in the order of the help text.
void add_verbs(Program& program);

}  // namespace lastkm::tool
