{
  "variables": { "werror%": 0 },
  "targets": [
    {
      "target_name": "pagecast",
      "sources": [
        "native/accepting.cc",
        "native/answer.cc",
        "native/arena.cc",
        "native/binding.cc",
        "native/binding_engine.cc",
        "native/binding_layout.cc",
        "native/binding_records.cc",
        "native/breaks.cc",
        "native/engine.cc",
        "native/files.cc",
        "native/growing.cc",
        "native/guard.cc",
        "native/guard_thread.cc",
        "native/guarding.cc",
        "native/jobs.cc",
        "native/kernel_linux.cc",
        "native/listen.cc",
        "native/loading.cc",
        "native/lookups.cc",
        "native/peers.cc",
        "native/pool.cc",
        "native/private_memory.cc",
        "native/probe.cc",
        "native/probe_binding.cc",
        "native/probe_network.cc",
        "native/reading.cc",
        "native/resolve.cc",
        "native/sending.cc",
        "native/store_files.cc",
        "native/store_files_binding.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_DEPRECATED", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-rtti", "-std=gnu++17"],
      "cflags_cc": ["-std=c++20", "-O2", "-Wall", "-Wextra", "-Wno-unused-parameter", "-fvisibility=hidden"],
      "conditions": [["werror==1", { "cflags_cc": ["-Werror"] }]]
    }
  ]
}
