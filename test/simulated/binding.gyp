{
  "targets": [
    {
      "target_name": "pagecast_simulated",
      "sources": [
        "../../native/accepting.cc",
        "../../native/answer.cc",
        "../../native/arena.cc",
        "../../native/binding_engine.cc",
        "../../native/binding_layout.cc",
        "../../native/binding_records.cc",
        "../../native/breaks.cc",
        "../../native/engine.cc",
        "../../native/files.cc",
        "../../native/growing.cc",
        "../../native/guard.cc",
        "../../native/guarding.cc",
        "../../native/jobs.cc",
        "../../native/loading.cc",
        "../../native/lookups.cc",
        "../../native/pool.cc",
        "../../native/private_memory.cc",
        "../../native/reading.cc",
        "../../native/resolve.cc",
        "../../native/sending.cc",
        "binding.cc",
        "binding_files.cc",
        "disk.cc",
        "kernel.cc",
        "kernel_files.cc",
        "kernel_leases.cc",
        "kernel_readiness.cc",
        "leases.cc",
        "mapping.cc",
        "memory.cc",
        "network.cc",
        "pool.cc",
        "queue.cc",
        "readiness.cc",
        "world.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_DEPRECATED", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS", "_GLIBCXX_ASSERTIONS"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-rtti", "-std=gnu++17"],
      "cflags_cc": ["-std=c++20", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-fvisibility=hidden"]
    }
  ]
}
