# SPDX-License-Identifier: MIT
# Flags for all of yon, and functions that its folders use.

# Whoever builds with another compiler may set it to OFF.
if(NOT DEFINED CMAKE_COMPILE_WARNING_AS_ERROR)
  set(CMAKE_COMPILE_WARNING_AS_ERROR ON)
endif()
add_compile_definitions(_GNU_SOURCE YON_VERSION="${PROJECT_VERSION}")
add_compile_options(
  -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes
  -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef
  -fno-omit-frame-pointer -fstack-protector-strong)
# No path of the one who built it is in what others install. (ccache may have made the
# path of a source relative.)
file(RELATIVE_PATH up ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
string(REGEX REPLACE "/$" "" up "${up}") # or "../a.c" is ".a.c"
foreach(path ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR} ${up})
  add_compile_options(-ffile-prefix-map=${path}=.)
endforeach()
add_compile_options($<$<COMPILE_LANGUAGE:ASM>:-g0>) # clang's assembler maps none
include(CheckCCompilerFlag)
check_c_compiler_flag(-fstack-clash-protection YON_HAVE_STACK_CLASH)
if(YON_HAVE_STACK_CLASH)
  add_compile_options(-fstack-clash-protection)
endif()
add_link_options(-Wl,-z,relro,-z,now -Wl,--as-needed)
if(CMAKE_BUILD_TYPE MATCHES "Rel")
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(YON_SANITIZE)
  add_compile_options(-fsanitize=${YON_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${YON_SANITIZE})
endif()
if(YON_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# A static library of every .c (and .S) file in this folder, and in these FOLDERS of it.
function(yon_library name)
  cmake_parse_arguments(ARG "" "" "LINK;FOLDERS" ${ARGN})
  set(globs *.c *.S)
  foreach(folder IN LISTS ARG_FOLDERS)
    list(APPEND globs ${folder}/*.c ${folder}/*.S)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${globs})
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()

# Link all of the library into `target`, used there or not: others will use it.
function(yon_link_whole target)
  set_target_properties(${target} PROPERTIES LINK_LIBRARY_OVERRIDE
    "WHOLE_ARCHIVE,yon_lib,client_core,yon_rt,yon_proto,yon_common")
endfunction()

# One cmocka executable, and one ctest, for every test_*.c in this folder.
function(yon_unit_tests)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS test_*.c)
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE ${ARG_LINK} PkgConfig::CMOCKA)
    set_target_properties(${name} PROPERTIES
                          RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_compile_definitions(${name} PRIVATE
                               TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data"
                               BUILD_BIN="${CMAKE_BINARY_DIR}/bin")
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120)
    if(YON_SANITIZE MATCHES thread)
      set_tests_properties(${name} PROPERTIES ENVIRONMENT
                           "TSAN_OPTIONS=suppressions='${PROJECT_SOURCE_DIR}/tests/tsan.supp'")
    endif()
  endforeach()
endfunction()

# A libFuzzer executable for every fuzz_*.c in this folder, when YON_FUZZ; else the same
# file with a main that replays the corpus, as a test.
function(yon_fuzz_targets)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS fuzz_*.c)
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    string(REPLACE "fuzz_" "" corpus ${name})
    if(YON_FUZZ)
      add_executable(${name} ${source})
      target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    else()
      add_executable(${name} ${source} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.c)
      add_test(NAME ${name} COMMAND ${name}
               ${PROJECT_SOURCE_DIR}/tests/data/corpus/${corpus})
      set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120)
    endif()
    target_link_libraries(${name} PRIVATE ${ARG_LINK})
    set_target_properties(${name} PROPERTIES
                          RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  endforeach()
endfunction()
