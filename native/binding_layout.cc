// The numbers of layout.h by name.
#include "binding_engine.h"

namespace pagecast {

Napi::Object layout(Napi::Env env) {
  Napi::Object all = Napi::Object::New(env);
  Napi::Object group;
  const auto begin = [&](const char* name) {
    group = Napi::Object::New(env);
    all.Set(name, group);
  };
#define X(name, number) group.Set(#name, number);
  begin("events");
  PAGECAST_EVENTS(X)
  begin("command");
  PAGECAST_COMMAND(X)
  begin("span");
  PAGECAST_SPAN(X)
  begin("spanKinds");
  PAGECAST_SPAN_KINDS(X)
  begin("after");
  PAGECAST_AFTER(X)
  begin("results");
  PAGECAST_RESULTS(X)
  begin("reasons");
  PAGECAST_REASONS(X)
  begin("kinds");
  PAGECAST_KINDS(X)
  begin("protections");
  PAGECAST_PROTECTIONS(X)
  begin("protect");
  PAGECAST_PROTECT(X)
  begin("accept");
  PAGECAST_ACCEPT(X)
  begin("checks");
  PAGECAST_CHECKS(X)
  begin("status");
  PAGECAST_STATUS(X)
  begin("facts");
  PAGECAST_FACTS(X)
#undef X
  begin("counters");
#define X(name) group.Set(#name, static_cast<int>(kCounter_##name));
  PAGECAST_COUNTERS(X)
#undef X
  begin("sizes");
  group.Set("eventWords", kEventWords);
  group.Set("eventsMax", kEventsMax);
  group.Set("receiveBytes", kReceiveBytes);
  group.Set("untilEnd", static_cast<double>(kUntilEnd));
  group.Set("recordsMax", static_cast<double>(Files::kRecordsMax));
  return all;
}

}  // namespace pagecast
