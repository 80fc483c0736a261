# Writes the suites of a GoogleTest program, but those of a filter, as tests of CTest:
# cmake -D program=... -D file=... -D labels=... -D without=... -P this.
set(filter "")
if(without)
  set(filter "--gtest_filter=-${without}")
endif()
execute_process(COMMAND ${program} --gtest_list_tests ${filter} OUTPUT_VARIABLE listing RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${program} --gtest_list_tests failed: ${failed}")
endif()
string(REPLACE ";" "," listing "${listing}")
string(REPLACE "\n" ";" lines "${listing}")
set(tests "")
foreach(line ${lines})
  if(line MATCHES "^([^ ]+)\\.( .*)?$")
    set(suite "${CMAKE_MATCH_1}")
    string(APPEND tests
      "add_test([=[${suite}]=] \"${program}\" [=[--gtest_filter=${suite}.*]=])\n"
      "set_tests_properties([=[${suite}]=] PROPERTIES LABELS \"${labels}\")\n")
  endif()
endforeach()
file(WRITE ${file} "${tests}")
