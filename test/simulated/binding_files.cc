// What happens to files: names, and writers.
#include "binding.h"

namespace pagecast::simulated {

void WorldObject::put(const Info& info) {
  const int64_t modified_ms = info[2].As<Napi::Number>().Int64Value();
  act([this, path = text_argument(info, 0), bytes = bytes_argument(info, 1), modified_ms] {
    world_->kernel.disk.put(path, bytes.data(), bytes.size(), modified_ms < 0 ? -1 : modified_ms * 1'000'000);
  });
}

void WorldObject::remove(const Info& info) {
  act([this, path = text_argument(info, 0)] { world_->kernel.disk.remove(path); });
}

void WorldObject::link(const Info& info) {
  act([this, path = text_argument(info, 0), target = text_argument(info, 1)] { world_->kernel.disk.link(path, target); });
}

// open(O_RDONLY|O_TRUNC): nobody is asked, nobody is told.
void WorldObject::empty(const Info& info) {
  act([this, path = text_argument(info, 0)] {
    if (const auto inode = world_->kernel.disk.regular(path)) world_->kernel.disk.truncate(*inode, 0);
  });
}

void WorldObject::write_in_place(const std::string& path, bool truncates, Leases::Script script) {
  const uint32_t writer = world_->kernel.leases.make_writer();
  act([this, writer, path, truncates, script = std::move(script)] {
    world_->kernel.leases.open(writer, world_->kernel.disk.regular(path), truncates, true, script);
  });
}

void WorldObject::overwrite(const Info& info) {
  Disk& disk = world_->kernel.disk;
  write_in_place(text_argument(info, 0), false, [&disk, bytes = bytes_argument(info, 1)](Inode& inode) {
    if (bytes.size() < inode.size) disk.truncate(inode, bytes.size());
    disk.write(inode, 0, bytes.data(), bytes.size());
  });
}

void WorldObject::truncate(const Info& info) {
  Disk& disk = world_->kernel.disk;
  write_in_place(text_argument(info, 0), false, [&disk, size = size_argument(info, 1)](Inode& inode) { disk.truncate(inode, size); });
}

// ---- writers ----

// openForWriting(path, truncates, patient): a writer's number.
Napi::Value WorldObject::open_for_writing(const Info& info) {
  const uint32_t writer = world_->kernel.leases.make_writer();
  act([this, writer, path = text_argument(info, 0), truncates = info[1].ToBoolean().Value(), patient = info[2].ToBoolean().Value()] {
    world_->kernel.leases.open(writer, world_->kernel.disk.regular(path), truncates, patient);
  });
  return number(info, writer);
}

void WorldObject::writer_write(const Info& info) {
  act([this, writer = writer(info), offset = size_argument(info, 1), bytes = bytes_argument(info, 2)] {
    Inode* inode = world_->kernel.leases.inside(writer);
    if (inode == nullptr) world_->kernel.violation("the driver writes through a descriptor that is not open");
    else world_->kernel.disk.write(*inode, offset, bytes.data(), bytes.size());
  });
}

void WorldObject::writer_truncate(const Info& info) {
  act([this, writer = writer(info), size = size_argument(info, 1)] {
    if (Inode* inode = world_->kernel.leases.inside(writer)) world_->kernel.disk.truncate(*inode, size);
  });
}

void WorldObject::writer_close(const Info& info) {
  act([this, writer = writer(info)] { world_->kernel.leases.close(writer); });
}

}  // namespace pagecast::simulated
