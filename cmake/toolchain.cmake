# Compiler flags, sanitizers, ccache and a fast linker when they are there.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# The build id tells two builds of one version apart (base/version.h).
add_link_options(-Wl,--build-id=sha1)

add_library(orbit_flags INTERFACE)
target_compile_options(orbit_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Werror
  -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # ccache needs this to use a precompiled header.
  target_compile_options(orbit_flags INTERFACE -fpch-preprocess)
  # Optimising, g++ 12 sees overlaps, overflows and unset values inside std::string and std::optional that are not there
  # (GCC bugs 105329, 105651, 80635). The sanitizer builds look for the true ones.
  target_compile_options(orbit_flags INTERFACE
    -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-maybe-uninitialized)
endif()
target_include_directories(orbit_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(orbit_flags INTERFACE ORBIT_VERSION="${PROJECT_VERSION}")

if(ORBIT_SANITIZE)
  target_compile_options(orbit_flags INTERFACE -fsanitize=${ORBIT_SANITIZE} -fno-sanitize-recover=all -O1 -g1)
  add_link_options(-fsanitize=${ORBIT_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(orbit_flags INTERFACE -O0 -g1)
else()
  target_compile_options(orbit_flags INTERFACE -O2 -g1)
  add_link_options(-Wl,--gc-sections)
  target_compile_options(orbit_flags INTERFACE -ffunction-sections -fdata-sections)
endif()
if(ORBIT_FUZZ)
  target_compile_definitions(orbit_flags INTERFACE ORBIT_FUZZING)
  target_compile_options(orbit_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -O1 -g1)
  add_link_options(-fsanitize=address,undefined)
endif()
find_package(Threads REQUIRED)
target_link_libraries(orbit_flags INTERFACE Threads::Threads)

# One precompiled header of std for the whole tree; every room reuses it.
add_library(orbit_pch STATIC ${CMAKE_SOURCE_DIR}/cmake/pch.cc)
target_link_libraries(orbit_pch PUBLIC orbit_flags)
target_precompile_headers(orbit_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/std.h)
