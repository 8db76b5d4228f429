// lastkm directory publish|activate|list|show: the documents that decisions read.
#include <algorithm>
#include <optional>

#include "projections/explain/document_text.h"
#include "tools/lastkm/program.h"
#include "tools/lastkm/rules_verbs.h"
#include "tools/lastkm/shipped.h"
#include "tools/lastkm/verbs.h"

namespace lastkm::tool {

namespace {

Value line_of(const record::Document& document) {
  return Object{{"kind", document.kind},
                {"id", document.id},
                {"version", document.version},
                {"sha256", document.sha256},
                {"ordinal", document.ordinal.value}};
}

void print_documents(Session& session, const std::vector<record::Document>& documents) {
  if (session.json()) {
    for (const record::Document& document : documents) session.print(line_of(document));
    return;
  }
  if (session.options().quiet) return;
  Table table({{"ordinal", Align::right}, {"kind"}, {"id"}, {"version", Align::right}, {"sha256"}});
  for (const record::Document& d : documents) {
    table.add({d.ordinal.value, d.kind, d.id, d.version, Cell(d.sha256.substr(0, 12), Tone::quiet)});
  }
  table.print(session.out(), session.style());
}

struct Publish {
  std::vector<std::string> paths;
  bool shipped = false;
  bool activate = false;
};

Result<std::vector<std::string>> files_of(Session& session, const Publish& given) {
  std::vector<std::string> files;
  if (given.shipped) {
    auto shipped = shipped_files();
    if (!shipped) return shipped.error();
    files = std::move(*shipped);
  }
  for (const std::string& path : given.paths) {
    const std::vector<std::string> inside = documents_in(session.path(path));
    files.insert(files.end(), inside.begin(), inside.end());
  }
  if (files.empty()) {
    return Error{ErrorKind::bad_input, "nothing-to-publish",
                 "Give files or folders of documents, or --shipped.", ""};
  }
  return files;
}

Result<Exit> publish(Session& session, const Publish& given) {
  const auto files = files_of(session, given);
  if (!files) return files.error();
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const auto published = publish_files(**engine, *files);
  if (!published) return published.error();
  if (given.activate) {
    if (auto active = (*engine)->activate(published->last); !active) return active.error();
  }
  print_documents(session, published->documents);
  if (session.json() || session.options().quiet) return Exit::ok;
  if (given.activate) {
    session.out() << files->size() << " documents published; everything up to " << published->last.value
                  << " is in force.\n";
  } else {
    session.out() << "Published, not yet in force: lastkm directory activate " << published->last.value
                  << '\n';
  }
  return Exit::ok;
}

struct Activate {
  std::int64_t ordinal = 0;
  std::string from;
};

Result<Exit> activate(Session& session, const Activate& given) {
  const std::int64_t ordinal = given.ordinal;
  const auto from = instant_of(given.from);
  if (!from) return from.error();
  const auto engine = session.engine();
  if (!engine) return engine.error();
  // Where lanes differ an activation was cut short: it may be asked for again.
  std::optional<DirectoryOrdinal> in_force;
  for (std::int32_t lane = 0; lane < (*engine)->deployment().lanes; ++lane) {
    const auto context = (*engine)->context(LaneId(lane));
    const DirectoryOrdinal up_to = context == nullptr ? DirectoryOrdinal() : context->ordinal;
    in_force = std::min(in_force.value_or(up_to), up_to);
  }
  if (ordinal > 0 && DirectoryOrdinal(ordinal) < in_force) {
    return Error{ErrorKind::refused, "not-above",
                 "Everything up to " + std::to_string(in_force->value) +
                     " is in force, and nothing goes back: publish an earlier document as a new version.",
                 ""};
  }
  if (auto active = (*engine)->activate(DirectoryOrdinal(ordinal), *from); !active) return active.error();
  if (session.json()) {
    session.print(Object{{"ordinal", ordinal}, {"lanes", std::int64_t{(*engine)->deployment().lanes}}});
  } else {
    const bool ahead = *from && **from > (*engine)->now();
    session.out() << "Everything up to " << ordinal
                  << (ahead ? " comes into force at " + format_at_offset(**from, Session::offset_of(**engine))
                            : std::string(" is in force"))
                  << " in " << (*engine)->deployment().lanes << " lanes.\n";
  }
  return Exit::ok;
}

Result<Exit> list(Session& session) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  print_documents(session, (*engine)->documents());
  return Exit::ok;
}

Result<Exit> show(Session& session, const std::string& id) {
  const auto engine = session.engine();
  if (!engine) return engine.error();
  const std::vector<record::Document> documents = (*engine)->documents();
  const auto found = std::find_if(documents.rbegin(), documents.rend(), [&](const record::Document& d) {
    return d.id == id || d.kind + "/" + d.id == id || d.id + "@" + std::to_string(d.version) == id ||
           std::to_string(d.ordinal.value) == id;
  });
  if (found == documents.rend()) {
    return Error{ErrorKind::not_found, "no-such-document",
                 "There is no document " + id + "; `lastkm directory list` has them all.", ""};
  }
  if (session.json()) {
    session.print(found->content);
  } else {
    session.out() << explain::document_text(found->content).text;
  }
  return Exit::ok;
}

}  // namespace

void add_directory(Program& program) {
  Verb group = program.verb("directory", "Publish, put into force and list the documents of rules");
  group.needs_verb();

  auto given = std::make_shared<Publish>();
  Verb verb = group.verb("publish", "Append checked documents to the directory");
  verb.option("FILE", given->paths, "documents, or folders of them").called("FILE|DIR");
  verb.flag("--shipped", given->shipped, "the documents that come with the program");
  verb.flag("--activate", given->activate, "put everything into force in all lanes");
  program.on(verb, Needs::folder, [given](Session& session) { return publish(session, *given); });

  auto activated = std::make_shared<Activate>();
  verb = group.verb("activate", "Put every document up to N into force in all lanes");
  verb.option("N", activated->ordinal, "a directory ordinal").required();
  verb.option("--from", activated->from, "from this instant on").called("TIME");
  program.on(verb, Needs::folder, [activated](Session& session) { return activate(session, *activated); });

  verb = group.verb("list", "Every document published, in order");
  program.on(verb, Needs::folder, [](Session& session) { return list(session); });

  auto id = std::make_shared<std::string>();
  verb = group.verb("show", "One document as published");
  verb.option("ID", *id, "id, kind/id, id@version or ordinal").required();
  program.on(verb, Needs::folder, [id](Session& session) { return show(session, *id); });
}

}  // namespace lastkm::tool
