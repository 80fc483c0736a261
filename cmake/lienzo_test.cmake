find_package(GTest REQUIRED)

# lienzo_test(<name> [TORCH] SOURCES <files> DEPS <folders> [LABELS fast|slow] [APART <suites>] [SLOW <suites>])
# A GoogleTest binary, and one entry of CTest for all its suites: starting a program with libtorch takes longer than most
# of them. Suites that APART and SLOW name (as GoogleTest's filters do: Suite, Prefix/*) are each an entry of their own,
# which several processes at a time can share out; those of SLOW bear that label. Each entry says which test failed, and is
# skipped where all its tests are.
# LIENZO_TEST_DATA points at tests/.
function(lienzo_test name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;DEPS;LABELS;LIBS;APART;SLOW" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  lienzo_warnings(${name})
  lienzo_compile_together(${name})
  # Tests are not worth the optimiser's time; two fifths of their compilation are saved. Those with libtorch keep a
  # little of it, since the compiler takes no precompiled header from -O3 to -O0, and a fifth is saved.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:$<IF:$<BOOL:${ARG_TORCH}>,-O1,-O0>>)
  foreach(dep ${ARG_DEPS})
    target_link_libraries(${name} PRIVATE lienzo_${dep})
  endforeach()
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gtest_main GTest::gmock)
  target_compile_definitions(${name} PRIVATE LIENZO_TEST_DATA="${PROJECT_SOURCE_DIR}/tests"
                                             LIENZO_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(ARG_TORCH)
    lienzo_torch_pch(${name})
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  foreach(suite ${ARG_APART})
    lienzo_suites(${name} ${suite} ${ARG_LABELS})
  endforeach()
  foreach(suite ${ARG_SLOW})
    lienzo_suites(${name} ${suite} slow)
  endforeach()
  list(TRANSFORM ARG_APART APPEND .*)
  list(TRANSFORM ARG_SLOW APPEND .*)
  string(JOIN ":" elsewhere ${ARG_APART} ${ARG_SLOW})
  lienzo_gtest_entry(${name} ${name} "-${elsewhere}" ${ARG_LABELS})
endfunction()

# One entry for the suites that the filter names: program.Suite.
function(lienzo_suites program suite label)
  string(REGEX REPLACE "/?\\*$" "" short ${suite})
  lienzo_gtest_entry(${program}.${short} ${program} "${suite}.*" ${label})
endfunction()

function(lienzo_gtest_entry entry program filter label)
  add_test(NAME ${entry} COMMAND ${program} --gtest_filter=${filter})
  # The last lines of a program that had nothing but tests to skip; and a suite that is not there.
  set_tests_properties(${entry} PROPERTIES LABELS ${label}
    SKIP_REGULAR_EXPRESSION "PASSED  . 0 tests\\.\n.  SKIPPED . [0-9]+ tests?, listed below:\n(.  SKIPPED . [^\n]*\n)+$"
    FAIL_REGULAR_EXPRESSION "Running 0 tests")
endfunction()
