# SPDX-License-Identifier: MIT
# What `cmake --install` puts where. All of it can be moved afterwards: nothing in it
# names the prefix.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS yond yon-cli yon-worker)
install(TARGETS yon yon_static EXPORT yon
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/yon TYPE INCLUDE)

# ---- the manual: made by asking the programs ----

if(NOT CMAKE_CROSSCOMPILING)
  file(GLOB manual_sources CONFIGURE_DEPENDS docs/manual/* docs/*.md include/yon/*.h)
  add_custom_command(
    OUTPUT man/made
    COMMAND ${PROJECT_SOURCE_DIR}/docs/manual/make $<TARGET_FILE_DIR:yon-cli>
            ${PROJECT_BINARY_DIR}/man ${PROJECT_VERSION}
    COMMAND ${CMAKE_COMMAND} -E touch man/made
    DEPENDS ${manual_sources} docs/reference yond yon-cli yon-worker
    COMMENT "Making the manual pages" VERBATIM)
  add_custom_target(manual ALL DEPENDS man/made)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}
          PATTERN made EXCLUDE)
endif()

# Whoever builds only some targets builds this one, too, to install them.
add_custom_target(installed DEPENDS yond yon-cli yon-worker yon yon_static)
if(TARGET manual)
  add_dependencies(installed manual)
endif()

# ---- find_package(yon) ----

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/yon)
install(EXPORT yon NAMESPACE yon:: DESTINATION ${package} FILE yonTargets.cmake)
configure_file(cmake/yonConfig.cmake.in yonConfig.cmake @ONLY)
write_basic_package_version_file(yonConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/yonConfig.cmake
              ${PROJECT_BINARY_DIR}/yonConfigVersion.cmake DESTINATION ${package})

# ---- pkg-config ----

string(JOIN " " libs_beneath ${YON_BENEATH})
set(pkgconfig ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH up ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" up ${up})
cmake_path(APPEND includedir "\${prefix}" ${CMAKE_INSTALL_INCLUDEDIR}) # may be absolute
cmake_path(APPEND libdir "\${prefix}" ${CMAKE_INSTALL_LIBDIR})
foreach(name yon yon-static)
  configure_file(cmake/${name}.pc.in ${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${pkgconfig})
endforeach()
