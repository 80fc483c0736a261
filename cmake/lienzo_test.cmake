find_package(GTest REQUIRED)

# lienzo_test(<name> [TORCH] SOURCES <files> DEPS <folders> [LABELS fast|slow] [TOGETHER <filter>])
# A GoogleTest binary; each of its suites is one ctest entry, since starting a program with libtorch takes longer than
# most tests. Suites that the filter TOGETHER names share something that is dear to set up, and are one entry.
# LIENZO_TEST_DATA points at tests/.
function(lienzo_test name)
  cmake_parse_arguments(ARG "TORCH" "TOGETHER" "SOURCES;DEPS;LABELS;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  lienzo_warnings(${name})
  lienzo_compile_together(${name})
  # Tests are not worth the optimiser's time; a fifth of their compilation is saved.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
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
  if(ARG_TOGETHER)
    add_test(NAME ${name}_together COMMAND ${name} --gtest_filter=${ARG_TOGETHER})
    set_tests_properties(${name}_together PROPERTIES LABELS "${ARG_LABELS}" SKIP_REGULAR_EXPRESSION "SKIPPED")
  endif()
  lienzo_discover_suites(${name} "${ARG_LABELS}" "${ARG_TOGETHER}")
endfunction()

function(lienzo_discover_suites name labels without)
  set(file ${CMAKE_CURRENT_BINARY_DIR}/${name}_suites.cmake)
  add_custom_command(TARGET ${name} POST_BUILD BYPRODUCTS ${file} VERBATIM
    COMMAND ${CMAKE_COMMAND} -D program=$<TARGET_FILE:${name}> -D file=${file} -D "labels=${labels}" -D "without=${without}"
            -P ${PROJECT_SOURCE_DIR}/cmake/discover_suites.cmake)
  set(include ${CMAKE_CURRENT_BINARY_DIR}/${name}_include.cmake)
  file(WRITE ${include} "if(EXISTS \"${file}\")
  include(\"${file}\")
else()
  add_test(${name}_NOT_BUILT ${name}_NOT_BUILT)
endif()
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${include})
endfunction()
