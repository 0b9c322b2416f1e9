"""Instructions by library, from callgrind: the whole program runs in it, and what the calls into a
library cost counts as the library's, whoever in the end did the work for it (malloc, memcpy)."""
import re
import subprocess

LINE = re.compile(r"(fl|fi|fe|fn|ob|cfi|cfl|cfn|cob)=(?:\((\d+)\))?(?: (.*))?$")


def command(path):
    """What goes before the program; PATH: where the profile is written."""
    return ["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=" + path]


def available():
    try:
        return subprocess.run(["valgrind", "--version"], stdout=subprocess.DEVNULL, check=False).returncode == 0
    except FileNotFoundError:
        return False


class Profile:
    """total; calls: {(from, into): instructions} between object files, by their names."""

    def __init__(self, path):
        self.total, self.calls, self.names = 0, {}, {}
        self.object = self.called = ""
        with open(path) as file:
            lines = iter(file)
            for line in lines:
                self.take(line.rstrip("\n"), lines)

    def take(self, line, lines):
        if line.startswith(("totals:", "summary:")):
            self.total = max(self.total, int(line.split()[1]))
        elif line.startswith("calls="):
            self.note(int(next(lines).split()[1]))
        elif (found := LINE.match(line)):
            self.place(*found.groups())

    def place(self, what, number, name):
        """Names are written out once and meant by their number after that."""
        if what in ("ob", "cob"):
            name = self.names.setdefault(number, name) if number else name
            if what == "ob":
                self.object = name
            self.called = name
        elif what == "fn":
            self.called = self.object

    def note(self, cost):
        edge = self.object, self.called
        if self.object != self.called:
            self.calls[edge] = self.calls.get(edge, 0) + cost
        self.called = self.object

    def into(self, *libraries):
        """What was spent in calls from elsewhere into objects with one of these words in their names."""
        def ours(name):
            return any(word in name.rsplit("/", 1)[-1] for word in libraries)
        return sum(cost for (caller, callee), cost in self.calls.items()
                   if ours(callee) and not ours(caller))
