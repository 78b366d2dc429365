# The Debian package: `./dev package`, or `cpack` in a build directory. What it holds is installed
# by `cmake --install`, too.

set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # packing builds no tests

# The manual and the completions are what the program itself says.
set(pages ${CMAKE_BINARY_DIR}/pages)
file(MAKE_DIRECTORY ${pages})
add_custom_command(
    OUTPUT ${pages}/lockstep.1.gz ${pages}/lockstep.bash ${pages}/_lockstep ${pages}/lockstep.fish
    COMMAND lockstep manual > ${pages}/lockstep.1
    COMMAND gzip -9nf ${pages}/lockstep.1
    COMMAND lockstep completion bash > ${pages}/lockstep.bash
    COMMAND lockstep completion zsh > ${pages}/_lockstep
    COMMAND lockstep completion fish > ${pages}/lockstep.fish
    DEPENDS lockstep
    VERBATIM)
# Of the README's documents, the package has those below docs/.
file(READ ${CMAKE_SOURCE_DIR}/README.md readme)
string(REPLACE "](docs/" "](/usr/share/doc/lockstep/" readme "${readme}")
string(REPLACE "`docs/" "`/usr/share/doc/lockstep/" readme "${readme}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/README.md)
file(WRITE ${pages}/README.md "${readme}")
string(TIMESTAMP today "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${pages}/changelog
"lockstep (${PROJECT_VERSION}) unstable; urgency=medium

  * Built from the sources of that version; their history says what changed.

 -- The Lockstep project <lockstep@localhost>  ${today}
")
find_program(GZIP gzip)
execute_process(COMMAND ${GZIP} -9nf ${pages}/changelog COMMAND_ERROR_IS_FATAL ANY)

add_custom_target(pages DEPENDS ${pages}/lockstep.1.gz)

install(TARGETS lockstep RUNTIME DESTINATION bin)
install(FILES ${pages}/lockstep.1.gz DESTINATION share/man/man1)
install(FILES ${pages}/lockstep.bash DESTINATION share/bash-completion/completions RENAME lockstep)
install(FILES ${pages}/_lockstep DESTINATION share/zsh/vendor-completions)
install(FILES ${pages}/lockstep.fish DESTINATION share/fish/vendor_completions.d)
install(FILES ${pages}/README.md ${pages}/changelog.gz deploy/debian/copyright
              deploy/prometheus-rules.yml deploy/grafana-dashboard.json
        DESTINATION share/doc/lockstep)
install(DIRECTORY docs/ DESTINATION share/doc/lockstep
        FILES_MATCHING PATTERN "*.md" PATTERN "*.yaml")
install(FILES deploy/lockstep.service DESTINATION lib/systemd/system)
install(FILES deploy/debian/lockstep.yaml DESTINATION /etc/lockstep
        PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)

set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)  # for what is below /etc
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "The Lockstep project <lockstep@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "keeps Kafka clusters in step: same records, same offsets")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Lockstep copies topics from one Apache Kafka cluster to another, from outside of the brokers:
the same records, in the same partitions, at the same offsets, exactly once. Consumer groups find
their place on the other cluster, and back.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS passwd)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(control ${CMAKE_SOURCE_DIR}/deploy/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${control}/postinst ${control}/prerm ${control}/postrm
                                       ${control}/conffiles)
include(CPack)
