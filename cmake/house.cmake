# The rules of the house for every target of ours: warnings as errors, sanitizers, mold and ccache
# when they are there.
find_program(VAIDEPIX_CCACHE ccache)
if(VAIDEPIX_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${VAIDEPIX_CCACHE})
endif()
find_program(VAIDEPIX_MOLD mold)
if(VAIDEPIX_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Files of a folder are compiled some at a time: most of a file's time goes into headers and into
# templates that its neighbours instantiate too. So a name without linkage is unique in its folder.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 18)
if(CMAKE_UNITY_BUILD)
  # It takes the included source for a header.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  set(house_shadow -Wshadow=local) # not what a neighbour calls a type
else()
  set(house_shadow -Wshadow)
endif()

if(VAIDEPIX_SANITIZE)
  add_compile_options(-fsanitize=${VAIDEPIX_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  if(VAIDEPIX_SANITIZE MATCHES "undefined")
    # CAF's headers call members of null while they compute offsets. The checks of alignment, which
    # x86 forgives, are a fifth of the time to compile.
    add_compile_options(-fno-sanitize=null,alignment)
  endif()
  if(VAIDEPIX_SANITIZE MATCHES "thread")
    # Asio uses fences, which TSan does not model; its locks order what the fences order. With its
    # instrumentation GCC 12 takes members of optional ids for uninitialised.
    add_compile_options(-Wno-tsan -Wno-maybe-uninitialized)
  endif()
  add_link_options(-fsanitize=${VAIDEPIX_SANITIZE})
endif()

add_library(house_flags INTERFACE)
target_compile_options(house_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion ${house_shadow} -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
target_include_directories(house_flags INTERFACE ${PROJECT_SOURCE_DIR})

# Of code that is only test: half of its time to compile went into checks of tests, not of the
# product. Addresses are still watched.
add_library(house_test_flags INTERFACE)
if(VAIDEPIX_SANITIZE MATCHES "undefined")
  target_compile_options(house_test_flags INTERFACE -fno-sanitize=undefined)
endif()
if(VAIDEPIX_SANITIZE MATCHES "address")
  target_compile_options(house_test_flags INTERFACE -fno-sanitize-address-use-after-scope)
endif()

# The allocator of programs that serve (docs/decisions/0028); sanitizers bring their own.
add_library(house_allocator INTERFACE)
if(NOT VAIDEPIX_SANITIZE)
  target_link_libraries(house_allocator INTERFACE PkgConfig::jemalloc)
endif()

# house_hooked(<out> <source>...): those with probes and planted bugs (base/probe.hpp), which the
# simulation compiles once more in place of the product's.
function(house_hooked out)
  set(hooked "")
  foreach(source ${ARGN})
    file(STRINGS ${source} hooks REGEX "\"base/probe\\.hpp\"")
    if(hooks)
      list(APPEND hooked ${source})
    endif()
  endforeach()
  set(${out} ${hooked} PARENT_SCOPE)
endfunction()

# house_units(<group> <source>...): what is compiled together, so many at a time.
function(house_units group)
  set(n 0)
  foreach(source ${ARGN})
    math(EXPR unit "${n} / ${CMAKE_UNITY_BUILD_BATCH_SIZE}")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group}${unit})
    math(EXPR n "${n} + 1")
  endforeach()
endfunction()

# house_library(<name> [GLOB <pattern>...] [DEPS <target>...]): every *.cpp of the folder but
# main.cpp, as one static library.
function(house_library name)
  cmake_parse_arguments(arg "" "" "GLOB;DEPS" ${ARGN})
  if(NOT arg_GLOB)
    set(arg_GLOB *.cpp)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${arg_GLOB})
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(sources)
    # Those with hooks among themselves, so that their twins can take the place of all that a
    # compiled unit of them has.
    house_hooked(hooked ${sources})
    list(REMOVE_ITEM sources ${hooked})
    house_units(plain ${sources})
    house_units(hooked ${hooked})
    add_library(${name} STATIC ${sources} ${hooked})
    set_target_properties(${name} PROPERTIES UNITY_BUILD_MODE GROUP)
    target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:house_flags> PUBLIC ${arg_DEPS})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${arg_DEPS})
    target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR})
  endif()
endfunction()

# house_test(<name> LABEL <label> [TIMEOUT s] GLOB <pattern>... DEPS <target>...): one Boost.Test
# program, one ctest entry.
function(house_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "GLOB;DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${arg_GLOB})
  if(NOT sources)
    return()
  endif()
  set(main ${PROJECT_SOURCE_DIR}/tests/support/test_main.cpp) # defines what Boost.Test looks for
  set_source_files_properties(${main} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  add_executable(${name} ${sources} ${main})
  target_link_libraries(${name} PRIVATE house_flags house_test_flags boost_test ${arg_DEPS})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_test(NAME ${name} COMMAND ${name} --log_level=test_suite --color_output=no)
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()
