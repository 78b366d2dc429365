# ls_room(NAME [ROOMS ...] [LIBRARIES ...] [PCH header] [RAW_BYTES])
# One room: the library room_NAME from src/NAME/**.cpp, and, where tests/unit/NAME has sources, the
# test executable test_NAME that runs them. RAW_BYTES: it reads what came over a wire as it lies.
function(ls_room name)
    cmake_parse_arguments(ROOM "RAW_BYTES" "PCH" "ROOMS;LIBRARIES" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
    list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
    add_library(room_${name} STATIC ${sources})
    target_include_directories(room_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    foreach(other ${ROOM_ROOMS})
        target_link_libraries(room_${name} PUBLIC room_${other})
    endforeach()
    target_link_libraries(room_${name} PUBLIC ${ROOM_LIBRARIES})
    if(LS_SANITIZE AND NOT ROOM_RAW_BYTES)
        # Alignment is checked where it can be wrong; everywhere, it doubles the time to compile.
        set(checks -fno-sanitize=alignment)
    endif()
    target_compile_options(room_${name} PRIVATE ${checks})
    if(ROOM_PCH)
        target_precompile_headers(room_${name} PRIVATE ${CMAKE_SOURCE_DIR}/${ROOM_PCH})
        # A precompiled header that ccache brought from another build does not fit this one.
        set_target_properties(room_${name} PROPERTIES CXX_COMPILER_LAUNCHER "")
    endif()

    file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${name}/*.cpp)
    if(tests)
        add_executable(test_${name} ${tests})
        target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR})
        target_link_libraries(test_${name} PRIVATE room_${name} GTest::gtest GTest::gmock
                                                   GTest::gtest_main)
        # Compiled more often than it runs: without optimising that takes half the time.
        target_compile_options(test_${name} PRIVATE -O0 ${checks})
        add_test(NAME unit_${name} COMMAND test_${name})
    endif()
endfunction()
