#!/usr/bin/env python3
"""The house's floors: which room may include what (HACKING.md), read from the sources."""
import os
import re
import unittest

import tap

TOP = os.environ.get("top_srcdir", ".")

# Libraries, and the only places that may include them.
LIBRARIES = {
    "yaml.h": ["core/config/yaml.c"],
    "ltdl.h": ["core/host/loader.c"],
    "dlfcn.h": ["core/host/loader.c"],
    "sqlite3.h": ["core/store/"],
    "ldap.h": ["plugins/source-ldap/"],
    "lber.h": ["plugins/source-ldap/"],
    "curl/": ["plugins/common/"],
    "microhttpd.h": ["tests/genesys-sim/"],
}

# Floors of the core, from the lowest: a room includes rooms of lower floors and itself.
FLOORS = [["util"], ["record", "config"], ["map", "store", "host"], ["plan"], ["pipeline"],
          ["commands"], [""]]
PURE = ["map", "plan"]  # no I/O, no lock, no clock
IMPURE = ["util/clock.h", "util/log.h", "pthread.h", "stdatomic.h", "sys/time.h",
          "unistd.h", "fcntl.h", "sys/socket.h", "sys/stat.h", "poll.h", "signal.h"]
IMPURE_CALLS = re.compile(r"\b(printf|fprintf|puts|fputs|fopen|fread|fwrite|time|clock_gettime|"
                          r"gettimeofday|localtime|localtime_r|mktime|getenv|log_[a-z]+)\s*\(")


def sources(*folders):
    for folder in folders:
        for path, _, names in os.walk(os.path.join(TOP, folder)):
            for name in names:
                if name.endswith((".c", ".h", ".cc")):
                    yield os.path.relpath(os.path.join(path, name), TOP)


def text(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def includes(path):
    return re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', text(path), re.M)


def code(path):
    """The text without comments and string literals."""
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(\\.|[^"\\\n])*"', " ", text(path), flags=re.S)


def room_of(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else ""


class Floors (unittest.TestCase):
    def nothing(self, wrong):
        self.assertEqual([], wrong, "\n".join(wrong))

    def test_there_are_sources(self):
        self.assertGreater(len(list(sources("core", "plugins"))), 30)

    def test_libraries_stay_in_their_rooms(self):
        wrong = ["%s includes <%s>, which only %s may" % (path, name, ", ".join(rooms))
                 for path in sources("core", "plugins", "include")
                 for name in includes(path)
                 for library, rooms in LIBRARIES.items()
                 if name.startswith(library) and not path.startswith(tuple(rooms))]
        self.nothing(wrong)

    def test_plugins_do_not_include_the_core(self):
        rooms = [r for floor in FLOORS for r in floor if r]
        wrong = ["%s includes %s of the core" % (path, name)
                 for path in sources("plugins", "contrib")
                 for name in includes(path)
                 if name.split("/")[0] in rooms or "core/" in name]
        self.nothing(wrong)

    def test_plugins_are_built_without_the_core(self):
        wrong = []
        for path, _, names in os.walk(os.path.join(TOP, "plugins")):
            for name in names:
                if name.endswith(".mk"):
                    file = os.path.relpath(os.path.join(path, name), TOP)
                    if re.search(r"-I\S*core\b|libcore", text(file)):
                        wrong.append("%s uses the core" % file)
        self.nothing(wrong)

    def test_the_interface_needs_the_c_library_only(self):
        self.assertEqual({"stddef.h", "stdint.h"}, set(includes("include/syncd/plugin.h")))

    def test_rooms_use_lower_floors_only(self):
        height = {room: i for i, floor in enumerate(FLOORS) for room in floor}
        wrong = []
        for path in sources("core"):
            room = room_of(path)
            self.assertIn(room, height, path)
            for name in includes(path):
                other = name.split("/")[0] if "/" in name else None
                if other not in height or other == room:
                    continue
                if height[other] >= height[room]:
                    wrong.append("%s includes %s of a floor that is not lower" % (path, name))
        self.nothing(wrong)

    def test_pure_rooms_are_pure(self):
        wrong = []
        for path in sources(*["core/" + room for room in PURE]):
            wrong += ["%s includes %s" % (path, name) for name in includes(path) if name in IMPURE]
            wrong += ["%s calls %s" % (path, match.group(1))
                      for match in IMPURE_CALLS.finditer(code(path))]
        self.nothing(wrong)

    def test_the_map_of_the_pipeline_is_whole(self):
        """HACKING.md: every file of core/pipeline has its place in a pass, and no other."""
        section = text("HACKING.md").split("## How a pass flows")[1].split("\n## ")[0]
        named = {os.path.basename(name) for name in re.findall(r"`([\w/]+\.c)`", section)}
        there = {os.path.basename(path) for path in sources("core/pipeline") if path.endswith(".c")}
        self.nothing(["HACKING.md does not name core/pipeline/" + name for name in there - named]
                     + ["HACKING.md names %s, which is not in core/pipeline" % name
                        for name in named - there])
        self.nothing([line for line in section.split("\n") if len(line) > 100])

    def test_config_h_comes_first_and_never_in_headers(self):
        wrong = []
        for path in sources("core"):
            names = includes(path)
            if path.endswith(".h") and "config.h" in names:
                wrong.append("%s includes config.h" % path)
            if path.endswith(".c") and (not names or names[0] != "config.h"):
                wrong.append("%s does not begin with config.h" % path)
        self.nothing(wrong)


if __name__ == "__main__":
    tap.main()
