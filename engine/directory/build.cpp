#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "engine/directory/documents.h"
#include "engine/directory/register.h"
#include "engine/record/canonical.h"
#include "engine/record/digest.h"
#include "engine/rules/check.h"

namespace lastkm::directory {
namespace {

/// What a document of any kind holds, and what is wrong with it.
struct Content {
  std::vector<Body> bodies;
  std::vector<Place> places;
  std::vector<Category> categories;
  std::shared_ptr<const calendar::Calendar> calendar;
  std::shared_ptr<const rules::Workflow> workflow;
  std::vector<rules::Finding> findings;
};

bool is_error(const rules::Finding& finding) {
  return finding.severity == "error";
}

std::string digest_of(const Value& document) {
  return record::hex(record::sha256(record::canonical(document)));
}

Content read(const Value& document, std::string_view sha256) {
  Content out;
  Faults faults;
  const std::string_view kind = document.text("kind");
  if (kind == "bodies") {
    out.bodies = read_bodies(document, faults);
  } else if (kind == "places") {
    out.places = read_places(document, faults);
  } else if (kind == "catalogue") {
    out.categories = read_catalogue(document, faults);
  } else if (kind == "calendar") {
    faults = calendar::check_calendar(document);
    auto calendar = calendar::read_calendar(document);
    if (calendar) out.calendar = std::make_shared<const calendar::Calendar>(std::move(*calendar));
  } else if (kind == "workflow") {
    rules::Reading reading = rules::read_workflow(document, sha256);
    out.findings = std::move(reading.findings);
    if (reading.workflow)
      out.workflow = std::make_shared<const rules::Workflow>(std::move(*reading.workflow));
  } else if (Fields fields(document, "", faults); !fields.text("kind").empty()) {
    fields.fault("kind", "unknown-kind",
                 "'" + std::string(kind) + "' is none of bodies, places, catalogue, calendar, workflow");
  }
  for (Fault& fault : faults) {
    out.findings.push_back({std::move(fault.code), "error", std::move(fault.pointer), std::move(fault.text)});
  }
  return out;
}

Error refusal(const record::Document& document, std::string code, const std::string& why,
              std::string pointer) {
  return Error{ErrorKind::refused, std::move(code),
               "document " + document.kind + " '" + document.id + "' version " +
                   std::to_string(document.version) + ": " + why,
               std::move(pointer)};
}

/// The first error among the findings, with how many more there are.
Error bad(const record::Document& document, const std::vector<rules::Finding>& findings) {
  const auto first = std::find_if(findings.begin(), findings.end(), is_error);
  const auto more = std::count_if(findings.begin(), findings.end(), is_error) - 1;
  std::string why = (first->pointer.empty() ? "" : "at " + first->pointer + ": ") + first->text;
  if (more > 0) why += " (and " + std::to_string(more) + " more)";
  return refusal(document, "bad-document", why, first->pointer);
}

}  // namespace

class ContextBuilder {
 public:
  ContextBuilder(const Context* before, const record::Document& document)
      : document_(document),
        context_(before == nullptr ? std::make_shared<Context>() : std::make_shared<Context>(*before)) {
    context_->ordinal = document.ordinal;
  }

  Result<std::shared_ptr<const Context>> build() {
    const Value& content = document_.content;
    if (content.text("kind") != document_.kind || content.text("id") != document_.id ||
        content.number("version") != document_.version) {
      return refusal(document_, "bad-document", "its content is of another kind, id or version", "");
    }
    const std::string sha256 = document_.sha256.empty() ? digest_of(content) : document_.sha256;
    auto at = place_of_entry();
    if (at != context_->documents_.end() && at->kind == document_.kind && at->id == document_.id) {
      if (at->version == document_.version && at->sha256 == sha256) return finished();
      if (at->version >= document_.version) {
        return refusal(
            document_, "stale-version",
            "version " + std::to_string(at->version) + " is there already; give this one a higher version",
            "/version");
      }
    } else {
      at = context_->documents_.insert(at, Context::Entry{document_.kind, document_.id, {}, 0, {}});
    }
    Content read_content = read(content, sha256);
    if (std::any_of(read_content.findings.begin(), read_content.findings.end(), is_error)) {
      return bad(document_, read_content.findings);
    }
    at->sha256 = sha256;
    at->version = document_.version;
    at->ordinal = document_.ordinal;
    put(std::move(read_content));
    return finished();
  }

 private:
  std::vector<Context::Entry>::iterator place_of_entry() {
    auto& entries = context_->documents_;
    return std::lower_bound(entries.begin(), entries.end(), document_,
                            [](const Context::Entry& a, const record::Document& b) {
                              return std::tie(a.kind, a.id) < std::tie(b.kind, b.id);
                            });
  }

  template <class T>
  void put_entries(std::shared_ptr<const Register<T>>& held, std::vector<T> entries) {
    if (!entries.empty())
      held = std::make_shared<const Register<T>>(held.get(), document_.id, std::move(entries));
  }

  void put(Content content) {
    put_entries(context_->bodies_, std::move(content.bodies));
    put_entries(context_->places_, std::move(content.places));
    put_entries(context_->categories_, std::move(content.categories));
    if (content.calendar != nullptr) context_->calendar_ = std::move(content.calendar);
    if (content.workflow != nullptr) {
      auto& newest = context_->newest_;
      std::erase_if(newest, [this](const rules::Workflow* workflow) { return workflow->id == document_.id; });
      newest.insert(newest.begin(), content.workflow.get());
      context_->workflows_.emplace(std::pair(document_.id, document_.version), std::move(content.workflow));
    }
  }

  Result<std::shared_ptr<const Context>> finished() { return std::shared_ptr<const Context>(context_); }

  const record::Document& document_;
  std::shared_ptr<Context> context_;
};

std::vector<rules::Finding> check(const Value& document, const std::set<std::string>* played) {
  const bool needs_digest = document.text("kind") == "workflow";
  Content content = read(document, needs_digest ? digest_of(document) : std::string());
  if (content.workflow) {
    std::vector<rules::Finding> refuted = rules::prove(*content.workflow, played);
    std::move(refuted.begin(), refuted.end(), std::back_inserter(content.findings));
  }
  return std::move(content.findings);
}

Result<std::shared_ptr<const Context>> with_document(const std::shared_ptr<const Context>& before,
                                                     const record::Document& document) {
  return ContextBuilder(before.get(), document).build();
}

}  // namespace lastkm::directory
