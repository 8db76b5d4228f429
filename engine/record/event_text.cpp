#include "engine/record/event_text.h"

#include "engine/base/json_walk.h"

namespace lastkm::record {

Result<std::vector<std::string_view>> event_texts(std::string_view bytes) {
  std::vector<std::string_view> texts;
  JsonWalk walk(bytes);
  if (!walk.enter("data") || !walk.enter("events") || !walk.pass('[')) {
    return Error{ErrorKind::integrity, "undecodable", "the decision has no proper member 'events'",
                 "/events"};
  }
  if (walk.pass(']')) return texts;
  do {
    texts.push_back(walk.value());
  } while (walk.pass(','));
  if (walk.pass(']')) return texts;
  return Error{ErrorKind::integrity, "undecodable", "the events of the decision do not end", "/events"};
}

}  // namespace lastkm::record
