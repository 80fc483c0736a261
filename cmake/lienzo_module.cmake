# lienzo_module(<folder> [TORCH] [COLD] SOURCES <files> [DEPS <folders>] [LIBS <targets>])
# One static library per folder, lienzo_<folder>. DEPS are other folders; TORCH adds libtorch and its
# precompiled header. COLD: nothing in it is worth the optimiser's time.
function(lienzo_module name)
  cmake_parse_arguments(ARG "TORCH;COLD" "" "SOURCES;DEPS;LIBS" ${ARGN})
  set(target lienzo_${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(lienzo::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  set_property(GLOBAL APPEND PROPERTY LIENZO_MODULES ${target})
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
                                              $<INSTALL_INTERFACE:include>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  lienzo_warnings(${target})
  lienzo_compile_together(${target})
  foreach(dep ${ARG_DEPS})
    target_link_libraries(${target} PUBLIC lienzo_${dep})
  endforeach()
  target_link_libraries(${target} PUBLIC ${ARG_LIBS})
  if(ARG_COLD)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  if(ARG_TORCH)
    lienzo_torch(${target})
  endif()
endfunction()

# Sources of a target are compiled together: the templates that libtorch's headers leave to be instantiated cost
# every translation unit 5 s, whatever it uses, and those of the other libraries 1 or 2. So names in the anonymous
# namespaces of one folder must differ. All at once is best for a clean build; six at a time, or one, for daily work.
set(LIENZO_UNIT_SOURCES 0 CACHE STRING "Sources of a target that are compiled together; 0: all")
function(lienzo_compile_together target)
  if(NOT LIENZO_UNIT_SOURCES EQUAL 1)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${LIENZO_UNIT_SOURCES})
  endif()
endfunction()

# GCC 12 sees overlaps where texts are joined that are none (its bug 105651).
function(lienzo_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow=local $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
                                           $<$<BOOL:${LIENZO_WERROR}>:-Werror>)
endfunction()

# Links libtorch; its headers count as system headers and come from one precompiled header.
function(lienzo_torch target)
  target_link_libraries(${target} PUBLIC ${TORCH_LIBRARIES})
  target_include_directories(${target} SYSTEM PUBLIC ${TORCH_INCLUDE_DIRS})
  lienzo_torch_pch(${target})
endfunction()

# One precompiled header for libraries and programs alike: each costs 15 s and 630 MB. The compiler
# accepts it only where -fPIC and -pthread are the same as where it was made. A source with its own
# machine flags must set SKIP_PRECOMPILE_HEADERS.
function(lienzo_torch_pch target)
  if(NOT TARGET lienzo_torch_pch)
    add_library(lienzo_torch_pch OBJECT ${PROJECT_SOURCE_DIR}/cmake/torch_pch.cpp)
    target_link_libraries(lienzo_torch_pch PRIVATE ${TORCH_LIBRARIES})
    target_include_directories(lienzo_torch_pch SYSTEM PRIVATE ${TORCH_INCLUDE_DIRS})
    target_compile_features(lienzo_torch_pch PRIVATE cxx_std_20)
    target_precompile_headers(lienzo_torch_pch PRIVATE <torch/types.h> <torch/nn/cloneable.h>
      <torch/nn/functional.h> <torch/nn/init.h> <torch/nn/module.h> <torch/nn/pimpl.h>)
    lienzo_pch_flags(lienzo_torch_pch)
  endif()
  target_precompile_headers(${target} REUSE_FROM lienzo_torch_pch)
  lienzo_pch_flags(${target})
endfunction()

function(lienzo_pch_flags target)
  # Programs would get -fPIE; position-independent library code serves them just as well.
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${target} PRIVATE -fPIC -pthread)
endfunction()
