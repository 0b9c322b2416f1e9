"""Prints unittest results as TAP, for automake's driver: one line a test, skips with reason.

    import tap
    class Something (unittest.TestCase): ...
    if __name__ == "__main__":
        tap.main ()
"""
import sys
import traceback
import unittest


class TapResult(unittest.TestResult):
    def __init__(self, tests):
        super().__init__()
        self.number, self.tests = 0, tests
        print("1..%d" % len(tests), flush=True)

    def line(self, ok, test, tail=""):
        """What befalls a whole class (in setUpClass) is a line for each of its tests."""
        for one in [t for t in self.tests if "setUpClass (%s.%s)" % (
                type(t).__module__, type(t).__qualname__) == test.id()] or [test]:
            self.one_line(ok, one, tail)

    def one_line(self, ok, test, tail):
        self.number += 1
        name = test.id().replace("__main__.", "").replace("#", "")
        print("%sok %d - %s%s" % ("" if ok else "not ", self.number, name, tail), flush=True)

    def addSuccess(self, test):
        self.line(True, test)

    def addSkip(self, test, reason):
        self.line(True, test, " # SKIP " + " ".join(reason.split()))

    def addFailure(self, test, err):
        self.failures.append((test, err))
        for line in "".join(traceback.format_exception(*err)).splitlines():
            print("# " + line)
        self.line(False, test)

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        """A failed part of a test: its test gets one line, whatever the number of such parts."""
        if err is not None:
            first = all(t is not test for t, _ in self.failures)
            for line in ["in " + str(subtest)] + "".join(traceback.format_exception(*err)).splitlines():
                print("# " + line)
            self.failures.append((test, err))
            if first:
                self.line(False, test)


def main():
    """Runs all tests of the main module, or those whose name holds an argument's text."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    tests = [t for group in suite for t in group]
    words = sys.argv[1:]
    if words:
        tests = [t for t in tests if any(w in t.id() for w in words)]
    result = TapResult(tests)
    unittest.TestSuite(tests).run(result)
    sys.exit(1 if result.failures else 0)
