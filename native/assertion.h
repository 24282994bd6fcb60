// What only we can do wrong ends the process, with its place; release builds too.
#pragma once

#include <cstdio>
#include <cstdlib>

#define PAGECAST_ASSERT(condition)                                                        \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "pagecast: assertion failed: %s (%s:%d)\n", #condition, __FILE__, __LINE__); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (0)
